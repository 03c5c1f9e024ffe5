import type { models as english } from '../en/models.ts'

const descriptions: Readonly<Record<string, string>> = {
  'smollm2-135m-instruct':
    'Ein kleines, schnelles Modell, das auf jedem Rechner läuft und sich in Minuten personalisieren lässt. Spricht Englisch.',
  'smollm2-360m-instruct': 'Doppelt so groß wie das kleinste und etwas verlässlicher. Spricht Englisch.',
  'qwen3-0.6b': 'Klein, und spricht mehr als hundert Sprachen. Denkt laut, bevor es antwortet.',
  'gemma-3-1b-it': 'Schreibt gut für seine Größe, in vielen Sprachen.',
  'llama-3.2-1b-instruct':
    'Ein guter Ausgleich von Tempo und Verstand auf einem gewöhnlichen Rechner. Spricht acht Sprachen.',
  'qwen2.5-1.5b-instruct': 'Befolgt Anweisungen gut und versteht Code. Spricht etwa dreißig Sprachen.',
  'smollm2-1.7b-instruct': 'Das größte seiner Familie, mit gutem Allgemeinwissen. Spricht Englisch.',
  'gemma-2-2b-it':
    'Gewandt und sorgfältig. Lernt nur aus Beispielen: Allgemeine Fragen können nicht mitgelernt werden.',
  'llama-3.2-3b-instruct': 'Merklich klüger als die kleinen, für einen Rechner mit etwas Geduld.',
  'qwen3-4b': 'Stark im Schließen und in Code, in vielen Sprachen. Denkt laut, bevor es antwortet.',
  'llama-3.1-8b-instruct': 'Das fähigste hier, langsam ohne starken Prozessor. Spricht acht Sprachen.',
}

export const models: typeof english = {
  title: 'Modelle',
  text: 'Was dir antwortet, bevor es dich kennt. Alles läuft auf diesem Rechner.',
  here: 'Auf diesem Rechner',
  toDownload: 'Zum Herunterladen',
  what: 'die Modelle',
  whatToDownload: 'die Modelle zum Herunterladen',
  removed: 'ein Modell, das entfernt wurde',
  empty: {
    title: 'Noch kein Modell',
    text: 'Lade unten eines herunter, oder nimm eine eigene Datei.',
  },
  welcome: {
    title: 'Willkommen bei Veranda',
    text: 'Ein privater Assistent, der von dir lernt, auf diesem Rechner. Zum Denken braucht er ein Modell: Lade eines herunter, oder bring ein eigenes mit. Danach verlässt nichts mehr diesen Rechner.',
  },
  facts: (parameters, quantization, size, tokens) =>
    `${parameters} Parameter · ${quantization} · ${size} · liest ${tokens} Token`,
  description: (id, given) => descriptions[id] ?? given,
  installed: 'Installiert',
  useBeside: 'Benutzen, ohne Download',
  download: (size) => `${size} herunterladen`,
  downloadFailed: (name) => `${name} konnte nicht heruntergeladen werden`,
  size: 'Größe',
  parameters: 'Parameter',
  licence: 'Lizenz',
  measured: (size) => `${size} (gemessen)`,
  memory: 'Speicher',
  memoryFor: (chat, training) => `${chat} für Gespräche, ${training} zum Anpassen`,
  fits: {
    both: (machine) => `Passt auf diesen Rechner (${machine})`,
    chat: (machine) => `Passt auf diesen Rechner (${machine}) für Gespräche, nicht zum Anpassen`,
    training: (machine) => `Passt auf diesen Rechner (${machine}) zum Anpassen, nicht für lange Gespräche`,
    none: (machine) => `Zu groß für diesen Rechner (${machine})`,
  },
  others: 'Weitere Modelle',
  progress: (name) => `Fortschritt: ${name}`,
  arrived: (name) => `„${name}“ ist da und kann antworten.`,
  starting: 'Beginnt',
  downloading: (done, all) => `Wird heruntergeladen: ${done} von ${all}`,
  preparing: (done, all) => `Das Modell wird vorbereitet: ${done} von ${all}`,
  stop: 'Anhalten',
  remove: 'Entfernen',
  removeQuestion: (name) => `${name} entfernen?`,
  removeText: (size) =>
    `Das gibt ${size} frei und kann nicht rückgängig gemacht werden. Gespräche und Assistenten bleiben, aber seine Assistenten können erst wieder antworten, wenn das Modell zurück ist.`,
  removeAction: 'Das Modell entfernen',
  removeFailed: 'Das Modell konnte nicht entfernt werden',
  import: {
    title: 'Ein eigenes Modell',
    text: 'Eine GGUF-Datei oder ein Hugging-Face-Ordner eines Modells der Llama-Klasse. Gelesen wird, wo sie liegen; sie bleiben, wie sie sind.',
    what: 'der Import',
    choose: 'Eine Datei wählen …',
    path: 'Pfad der Datei oder des Ordners',
    pathHint: 'So, wie er auf dem Rechner lautet, auf dem Veranda läuft.',
    pathExample: '/home/du/modell.gguf',
    pathNeeded: 'Schreib zuerst den Pfad der Datei.',
    weights: 'Gewichte',
    weightsHint:
      'Weniger Bits brauchen weniger Speicher und antworten schneller; was das kostet, wird an einem Text gemessen und steht beim Modell. Schon quantisierte Gewichte müssen bleiben, wie sie sind.',
    asTheyAre: 'Wie sie sind',
    inBits: (bits) => `In ${bits} Bit`,
    action: 'Importieren',
    failed: 'Das Modell konnte nicht importiert werden',
  },
}
