/** What is wrong with a line of a file of examples. */
export const importIssues: Readonly<Record<string, string>> = {
  'line {1}: `{2}` must be a list of messages, found {3}':
    'Zeile {1}: `{2}` muss eine Liste von Nachrichten sein, ist aber {3}',
  'line {1}: the conversation has no assistant message':
    'Zeile {1}: Das Gespräch hat keine Nachricht des Assistenten',
  'line {1}: the conversation has no user message':
    'Zeile {1}: Das Gespräch hat keine Nachricht des Fragenden',
  'line {1}: a message must be an object, found {2}':
    'Zeile {1}: Eine Nachricht muss ein Objekt sein, ist aber {2}',
  'line {1}: a message has no `role`': 'Zeile {1}: Einer Nachricht fehlt `role`',
  'line {1}: unknown role {2}': 'Zeile {1}: unbekannte Rolle {2}',
  'line {1}: a message has no `{2}`': 'Zeile {1}: Einer Nachricht fehlt `{2}`',
  'line {1}: `{2}` must be text, found {3}': 'Zeile {1}: `{2}` muss Text sein, ist aber {3}',
  'line {1}: `{2}` must be {3}, found {4}': 'Zeile {1}: `{2}` muss {3} sein, ist aber {4}',
  'nothing (null)': 'nichts (null)',
  'a list': 'eine Liste',
  text: 'Text',
  'a number': 'eine Zahl',
  'true or false': 'wahr oder falsch',
  'an object': 'ein Objekt',
  'no fields': 'keine Felder',
  'a list of pairs': 'eine Liste von Paaren',
  'choose which column is the question and which the answer':
    'wähle, welche Spalte die Frage ist und welche die Antwort',
  'the header has no `instruction`/`output` columns (found `{1}`)':
    'der Kopf hat keine Spalten `instruction`/`output` (gefunden: `{1}`)',
  'the header has no `instruction`/`output` columns (found `{1}`; is the separator a {2}?)':
    'der Kopf hat keine Spalten `instruction`/`output` (gefunden: `{1}`; ist das Trennzeichen ein {2}?)',
  semicolon: 'Semikolon',
  bar: 'senkrechter Strich',
  tab: 'Tabulator',
  'line {1} has {2} cells, the header has {3}': 'Zeile {1} hat {2} Zellen, der Kopf hat {3}',
  'line {1}: `messages` is not valid JSON': 'Zeile {1}: `messages` ist kein gültiges JSON',
  'line {1} is not valid CSV: {2}': 'Zeile {1} ist kein gültiges CSV: {2}',
  'the file is UTF-16, expected UTF-8; it was read all the same':
    'die Datei ist UTF-16 statt UTF-8; gelesen wurde sie trotzdem',
  'line {1} is not UTF-8 (byte 0x{2}); save the file as UTF-8':
    'Zeile {1} ist kein UTF-8 (Byte 0x{2}); sichere die Datei als UTF-8',
  'line {1}: the file is not valid JSON': 'Zeile {1}: Die Datei ist kein gültiges JSON',
  'line {1} is not valid JSON': 'Zeile {1} ist kein gültiges JSON',
  'the quote opened on line {1} is never closed': 'das Anführungszeichen in Zeile {1} wird nie geschlossen',
  'the file is empty': 'die Datei ist leer',
  'this is one JSON array, not one object a line':
    'das ist eine einzige JSON-Liste, nicht ein Objekt je Zeile',
  'and {1} more lines with problems': 'und {1} weitere Zeilen mit Problemen',
  'line {1} has an empty answer: there is nothing to learn from it':
    'Zeile {1} hat eine leere Antwort: Daraus ist nichts zu lernen',
  'line {1} must be an object, found {2}': 'Zeile {1} muss ein Objekt sein, ist aber {2}',
  'line {1} has a text of more than 1,000,000 characters':
    'Zeile {1} hat einen Text von mehr als 1.000.000 Zeichen',
  'line {1} is no known example: expected `instruction` and `output`, `messages` or `conversations`, found {2}':
    'Zeile {1} ist kein bekanntes Beispiel: erwartet werden `instruction` und `output`, `messages` oder `conversations`, gefunden: {2}',
  'line {1} has no `{2}`': 'Zeile {1} hat kein `{2}`',
  'line {1} has an empty question': 'Zeile {1} hat eine leere Frage',
}
