/** Models: fetching, reading and importing them. */
export const models: Readonly<Record<string, string>> = {
  'There is no model yet. Import a GGUF file.': 'Es gibt noch kein Modell. Importiere eine GGUF-Datei.',
  'There is no model yet. Download “{1}” (veranda models pull {2}) or import a GGUF file.':
    'Es gibt noch kein Modell. Lade „{1}“ herunter (veranda models pull {2}), oder importiere eine GGUF-Datei.',
  'The model “{1}” is not downloaded yet. Download it first (veranda models pull {2}).':
    'Das Modell „{1}“ ist noch nicht heruntergeladen. Lade es zuerst herunter (veranda models pull {2}).',
  'There is no model “{1}”; none is installed.': 'Es gibt kein Modell „{1}“; keines ist installiert.',
  'There is no model “{1}”. Installed: {2}.': 'Es gibt kein Modell „{1}“. Installiert: {2}.',
  'The catalogue has no model “{1}”. It has: {2}.': 'Der Katalog hat kein Modell „{1}“. Er hat: {2}.',
  "The model catalogue {1} can't be read. Install Veranda again.":
    'Der Modellkatalog {1} kann nicht gelesen werden. Installiere Veranda neu.',
  "The text {1}, on which models are measured, can't be read. Install Veranda again.":
    'Der Text {1}, an dem Modelle gemessen werden, kann nicht gelesen werden. Installiere Veranda neu.',
  '“{1}” is being downloaded already.': '„{1}“ wird schon heruntergeladen.',
  '“{1}” is being personalized. Wait for the end of the run or cancel it, then remove the model.':
    '„{1}“ wird gerade personalisiert. Warte das Ende des Laufs ab oder brich ihn ab, dann entferne das Modell.',
  '“{1}” is answering or being looked at. Wait until it is done or stop it, then remove the model.':
    '„{1}“ antwortet gerade oder wird angesehen. Warte, bis es fertig ist, oder halte es an, dann entferne das Modell.',
  'The files of “{1}” are missing from {2}. Remove the model and download or import it again.':
    'Die Dateien von „{1}“ fehlen in {2}. Entferne das Modell, und lade oder importiere es noch einmal.',
  'Cancelled; nothing was changed. A cut download goes on where it ended.':
    'Abgebrochen; nichts wurde geändert. Ein abgebrochener Download geht weiter, wo er aufgehört hat.',
  'The model needs {1} of room on the disk of {2}, where {3} are free. Free some space or choose another data folder.':
    'Das Modell braucht {1} Platz auf dem Datenträger von {2}; dort sind {3} frei. Schaffe Platz, oder wähle einen anderen Datenordner.',
  "“{1}” can't be downloaded: {2}. Check the internet connection and try again (what has come so far is kept), or import the file {3} from a disk.":
    '„{1}“ kann nicht heruntergeladen werden: {2}. Prüfe die Internetverbindung, und versuche es noch einmal (was schon da ist, bleibt), oder importiere die Datei {3} von einem Datenträger.',
  'pip downloaded no wheel': 'pip hat kein Wheel heruntergeladen',
  "pip can't download {1} ({2})": 'pip kann {1} nicht herunterladen ({2})',
  'pip, which could fetch {1}, is not installed': 'pip, das {1} holen könnte, ist nicht installiert',
  "the package {1} doesn't hold the file {2}": 'im Paket {1} fehlt die Datei {2}',
  'the package {1} holds a file with another checksum': 'die Datei im Paket {1} hat eine andere Prüfsumme',
  '{1} sent a file with another checksum': '{1} schickte eine Datei mit einer anderen Prüfsumme',
  "{1} can't be reached": '{1} ist nicht zu erreichen',
  '{1} answered with status {2}': '{1} antwortete mit dem Status {2}',
  '{1} has a file of another size there': '{1} hat dort eine Datei anderer Größe',
  '{1} closed the connection before the end': '{1} brach die Verbindung vor dem Ende ab',
  '{1} redirects to {2} without encryption; that is refused':
    '{1} leitet unverschlüsselt zu {2} um; das wird abgelehnt',
  '{1} redirects again and again': '{1} leitet immer wieder um',
  'There is no file or folder {1}.': 'Es gibt weder Datei noch Ordner {1}.',
  'There is no file or folder {1}. Check the path and try again.':
    'Es gibt weder Datei noch Ordner {1}. Prüfe den Pfad, und versuche es noch einmal.',
  'The import was cancelled.': 'Der Import wurde abgebrochen.',
  'the model {1} could not be written to {2}': 'das Modell {1} konnte nicht nach {2} geschrieben werden',
  'The file {1} ended while it was read.': 'Die Datei {1} endete, während sie gelesen wurde.',
  'The weights file {1} ends too early. Import the model again.':
    'Die Gewichtsdatei {1} endet zu früh. Importiere das Modell noch einmal.',
  'The model in {1} was imported by another version of Veranda. Remove it and import it again.':
    'Das Modell in {1} wurde von einer anderen Version von Veranda importiert. Entferne es, und importiere es noch einmal.',
  "The model in {1} can't be opened ({2}). Remove it and import it again.":
    'Das Modell in {1} kann nicht geöffnet werden ({2}). Entferne es, und importiere es noch einmal.',
  "The model {1} has no {2}, so it can't chat.": 'Dem Modell {1} fehlt {2}; es kann sich nicht unterhalten.',
  tokenizer: 'ein Tokenizer',
  'chat template': 'eine Gesprächsvorlage',
  'The model has no tensor {1}.': 'Das Modell hat keinen Tensor {1}.',
  'This model has no float weights that can be quantised to {1} bits: they are {2}. Import it as it is.':
    'Dieses Modell hat keine Gleitkommagewichte, die sich auf {1} Bit quantisieren lassen: Sie sind {2}. Importiere es, wie es ist.',
  "The tensor {1} holds infinities or what is no number, which can't be quantised. The file may be damaged: download it again, or import it without quantising.":
    'Der Tensor {1} enthält Unendliches oder was keine Zahl ist; das lässt sich nicht quantisieren. Die Datei ist vielleicht beschädigt: Lade sie noch einmal herunter, oder importiere sie, ohne zu quantisieren.',
  "A weight is {1}, which half precision (F16) can't hold. Export the model in another format.":
    'Ein Gewicht ist {1}; das passt nicht in halbe Genauigkeit (F16). Exportiere das Modell in einem anderen Format.',
  'The model computed no usable probabilities for the next token. Turn its adapter off or lower its strength, or import the model again.':
    'Das Modell berechnete keine brauchbaren Wahrscheinlichkeiten für das nächste Token. Schalte den Assistenten ab, senke seine Stärke, oder importiere das Modell noch einmal.',
}
