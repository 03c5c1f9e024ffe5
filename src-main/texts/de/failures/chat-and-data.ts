/** Conversations, examples, the data folder and the programs around it. */
export const chatAndData: Readonly<Record<string, string>> = {
  'This message is no longer there.': 'Diese Nachricht ist nicht mehr da.',
  'This conversation is no longer there. It was deleted, perhaps in another window.':
    'Dieses Gespräch ist nicht mehr da. Es wurde gelöscht, vielleicht in einem anderen Fenster.',
  'An answer is still being written in this conversation. Stop it or wait for its end.':
    'In diesem Gespräch wird noch eine Antwort geschrieben. Halte sie an, oder warte ihr Ende ab.',
  'Only a question can be answered. This message is not one.':
    'Nur eine Frage kann beantwortet werden. Diese Nachricht ist keine.',
  'Only an answer can be rated or taught, not a question.':
    'Nur eine Antwort kann bewertet oder verbessert werden, keine Frage.',
  'This answer has no proper end, so that nothing good can be learned from it. Write the better answer instead.':
    'Diese Antwort hat kein richtiges Ende; aus ihr lässt sich nichts Gutes lernen. Schreib stattdessen die bessere Antwort.',
  'The message and the instructions are {1} tokens long, but the model holds {2}. Shorten them, or choose a model with a longer context.':
    'Die Nachricht und die Anweisungen sind {1} Token lang, aber das Modell fasst {2}. Kürze sie, oder wähle ein Modell mit längerem Kontext.',
  'This change can no longer be taken back: too many came after it, or Veranda was started again.':
    'Diese Änderung kann nicht mehr zurückgenommen werden: Zu viele kamen danach, oder Veranda wurde neu gestartet.',
  'This example is no longer there. It was deleted.': 'Dieses Beispiel ist nicht mehr da. Es wurde gelöscht.',
  'An example needs a question and, as its end, an answer. Write both, then save it.':
    'Ein Beispiel braucht eine Frage und am Ende eine Antwort. Schreib beides, dann sichere es.',
  'This file is no longer open. Choose it again.': 'Diese Datei ist nicht mehr offen. Wähle sie noch einmal.',
  'There is no file dialog here. Type the path of the file instead.':
    'Hier gibt es keinen Dateidialog. Schreib stattdessen den Pfad der Datei.',
  'A run is being trained or waits for it. Wait for its end or cancel it, then try again.':
    'Ein Lauf wird trainiert oder wartet darauf. Warte sein Ende ab oder brich ihn ab, dann versuche es noch einmal.',
  'There is a file {1} already. Choose another name.':
    'Es gibt schon eine Datei {1}. Wähle einen anderen Namen.',
  '“{1}” says no folder. Write the whole path of the file.':
    '„{1}“ nennt keinen Ordner. Schreib den ganzen Pfad der Datei.',
  'There is no file {1}. Check the path of the backup.':
    'Es gibt keine Datei {1}. Prüfe den Pfad der Sicherung.',
  '{1} is a database, but no backup of Veranda. Choose a file that “Back up” has written.':
    '{1} ist eine Datenbank, aber keine Sicherung von Veranda. Wähle eine Datei, die „Sichern“ geschrieben hat.',
  "The backup {1} is damaged, or is none of Veranda's; nothing was changed by it. Use another backup.":
    'Die Sicherung {1} ist beschädigt oder keine von Veranda; sie hat nichts geändert. Nimm eine andere Sicherung.',
  'The rows of {1} refer to some that are not there; nothing was changed. Use another backup.':
    'Die Zeilen von {1} verweisen auf solche, die es nicht gibt; nichts wurde geändert. Nimm eine andere Sicherung.',
  'Another Veranda is using the data folder {1}. Close it first, or choose another folder with --data-dir.':
    'Ein anderes Veranda benutzt den Datenordner {1}. Schließe es zuerst, oder wähle mit --data-dir einen anderen Ordner.',
  'The database {1} was written by a newer Veranda (layout {2}, this one knows {3}). It was left untouched; install the newer version to use it.':
    'Die Datenbank {1} wurde von einem neueren Veranda geschrieben (Aufbau {2}, dieses kennt {3}). Sie blieb unberührt; installiere die neuere Version, um sie zu benutzen.',
  'The disk is full: nothing could be written to {1}. What was saved before is safe; free some space and try again.':
    'Der Datenträger ist voll: Nach {1} konnte nichts geschrieben werden. Was vorher gespeichert war, ist sicher; schaffe Platz, und versuche es noch einmal.',
  'The disk is full: {1}. Free some space and try again.':
    'Der Datenträger ist voll: {1}. Schaffe Platz, und versuche es noch einmal.',
  '{1} is not a folder. Choose another data folder.': '{1} ist kein Ordner. Wähle einen anderen Datenordner.',
  'The database {1} is damaged and was left as it is. Put a copy from the folder “backups” beside it in its place, or move the file away to start anew.':
    'Die Datenbank {1} ist beschädigt und blieb, wie sie ist. Lege eine Kopie aus dem Ordner „backups“ daneben an ihre Stelle, oder verschiebe die Datei, um neu zu beginnen.',
  'The disk reported an error at {1} ({2}). What was saved before is kept; check that the disk is connected and not full.':
    'Der Datenträger meldete bei {1} einen Fehler ({2}). Was vorher gespeichert war, bleibt; prüfe, ob der Datenträger verbunden und nicht voll ist.',
  "{1} can't be written to. Change its permissions or choose another data folder.":
    '{1} kann nicht beschrieben werden. Ändere die Rechte, oder wähle einen anderen Datenordner.',
  "The files of {1} can't be read. Install Veranda again.":
    'Die Dateien von {1} können nicht gelesen werden. Installiere Veranda neu.',
  'This window has no server. Use “veranda serve” on the command line.':
    'Dieses Fenster hat keinen Server. Benutze „veranda serve“ auf der Kommandozeile.',
  'There is no update to install. Check for updates first.':
    'Es gibt keine Aktualisierung zu installieren. Suche zuerst danach.',
  '{1} offers an update that was signed before one that was seen already. Nothing was installed; try again later.':
    '{1} bietet eine Aktualisierung an, die vor einer schon gesehenen unterschrieben wurde. Nichts wurde installiert; versuche es später noch einmal.',
  'An update is offered that Veranda’s makers have not signed. Nothing was installed.':
    'Angeboten wird eine Aktualisierung, die die Macher von Veranda nicht unterschrieben haben. Nichts wurde installiert.',
  '{1} could not be asked for an update. Try again later.':
    '{1} konnte nicht nach einer Aktualisierung gefragt werden. Versuche es später noch einmal.',
  'The update could not be downloaded from {1}. Nothing was installed.':
    'Die Aktualisierung konnte nicht von {1} heruntergeladen werden. Nichts wurde installiert.',
  'Port {1} is used by another program. Choose another port.':
    'Der Port {1} wird von einem anderen Programm benutzt. Wähle einen anderen.',
  "Port {1} can't be used: {2}. Choose another port.":
    'Der Port {1} ist nicht zu gebrauchen: {2}. Wähle einen anderen.',
  'Too much was asked at once. Wait a moment, then try again.':
    'Zu viel wurde auf einmal verlangt. Warte einen Augenblick, dann versuche es noch einmal.',
  'Call {1} is still running.': 'Der Aufruf {1} läuft noch.',
  'There is no procedure “{1}”.': 'Es gibt keine Prozedur „{1}“.',
  "“{1}” can't be done with this input.\n{2}": '„{1}“ geht mit dieser Eingabe nicht.\n{2}',
  'The message does not follow the protocol.\n{1}': 'Die Nachricht folgt dem Protokoll nicht.\n{1}',
}
