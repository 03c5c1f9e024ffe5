import { counter } from '../counter.ts'
import type { transfer as english } from '../en/transfer.ts'

const count = counter('de')

export const transfer: typeof english = {
  export: 'Exportieren …',
  exportTitle: (name) => `„${name}“ exportieren`,
  exportAction: 'Exportieren',
  format: 'Wofür ist er?',
  formats: {
    veranda: {
      title: 'Ein anderes Veranda',
      text: 'Eine kleine Datei, um sie Freunden zu schicken. Sie brauchen dasselbe Modell.',
    },
    peft: {
      title: 'Python mit PEFT',
      text: 'Ein Ordner für PEFT von Hugging Face. Die Zufallsmatrizen entstehen dort neu aus ihrem Schlüssel.',
    },
    'peft-with-projections': {
      title: 'Python mit PEFT, mit den Zufallsmatrizen',
      text: 'Größer, aber unabhängig davon, wie eine andere Version Zufallszahlen macht.',
    },
    lora: {
      title: 'Programme, die LoRA lesen',
      text: 'Ein PEFT-Ordner in der genauen LoRA-Form: dieselben Antworten, eine größere Datei.',
    },
    'gguf-lora': {
      title: 'llama.cpp und Programme, die darauf bauen',
      text: 'Eine GGUF-Datei, die llama.cpp mit --lora neben dem Modell bekommt.',
    },
    safetensors: {
      title: 'Das ganze Modell für Python, mit dem Assistenten darin',
      text: 'Ein Ordner mit safetensors für transformers, so groß wie das Modell in 16 Bit.',
    },
    'gguf:F16': {
      title: 'Das ganze Modell für llama.cpp, in 16 Bit',
      text: 'Eine GGUF-Datei mit dem Assistenten darin. Groß und fast genau.',
    },
    'gguf:Q8_0': {
      title: 'Das ganze Modell für llama.cpp, in 8 Bit',
      text: 'Halb so groß und kaum anders.',
    },
    'gguf:Q4_1': {
      title: 'Das ganze Modell für llama.cpp, in 4 Bit',
      text: 'Klein. Vier Bit können verlieren, was der Assistent gelernt hat; wie viel, wird gemessen.',
    },
    'gguf:Q4_0': {
      title: 'Das ganze Modell für llama.cpp, in 4 Bit, am kleinsten',
      text: 'Noch kleiner und ein wenig gröber.',
    },
  },
  path: 'Datei oder Ordner, der entsteht',
  pathHint: 'Ein bloßer Name kommt in deinen Ordner für Downloads. Überschrieben wird nie etwas.',
  pathNeeded: 'Schreib zuerst einen Pfad.',
  pick: 'Ort wählen …',
  progress: 'Fortschritt des Exports',
  writing: 'Wird geschrieben …',
  checking: 'Wird wieder gelesen, und die Antworten werden verglichen …',
  stop: 'Anhalten',
  exportFailed: 'Der Assistent konnte nicht exportiert werden',
  exported: (path, size) => `Exportiert nach ${path}, ${size}.`,
  compared: (prompts, tokens) =>
    `Wieder gelesen und mit dem Assistenten hier verglichen: ${count(prompts, { one: 'fester Text', other: 'feste Texte' })}, zusammen ${count(tokens, { one: 'Token', other: 'Tokens' })}.`,
  sameChoices: 'Gleiches wahrscheinlichstes nächstes Token',
  largestDifference: 'Größter Unterschied eines Logits',
  largestDivergence: 'Größte Divergenz der Wahrscheinlichkeiten',
  meanDivergence: 'Mittlere Divergenz',
  withoutAdapter: 'Mittlere Divergenz des Modells ohne den Assistenten',
  kept: 'Erhalten von dem, was der Assistent ändert',
  nats: (number) => `${number} Nats`,
  import: 'Assistenten importieren …',
  importTitle: 'Assistenten importieren',
  importText:
    'Eine .veranda-adapter-Datei, ein PEFT-Ordner (VeRA oder LoRA) oder ein LoRA für llama.cpp. Er arbeitet nur mit dem Modell, für das er gemacht wurde.',
  importAction: 'Importieren',
  importPath: 'Pfad der Datei oder des Ordners',
  importPathHint: 'So wie er auf dem Rechner heißt, auf dem Veranda läuft.',
  importFailed: 'Der Assistent konnte nicht importiert werden',
  imported: (name) => `„${name}“ ist da.`,
  drop: 'Leg die Datei hier ab; von einem PEFT-Ordner den Ordner oder seine beiden Dateien.',
  choose: 'Dateien wählen …',
  model: 'Sein Modell',
  modelHint: 'Nur zu wählen, wo die Datei es nicht sagt.',
  modelOfFile: 'Das, welches die Datei nennt',
}
