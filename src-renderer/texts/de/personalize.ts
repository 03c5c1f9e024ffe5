import { counter } from '../counter.ts'
import type { personalize as english } from '../en/personalize.ts'

const count = counter('de')
const number = new Intl.NumberFormat('de')
const examples = (n: number) => count(n, { one: 'Beispiel', other: 'Beispiele' })
const ways = { fell: 'fiel', rose: 'stieg', stayed: 'blieb' }

export const personalize: typeof english = {
  title: 'Personalisieren',
  text: 'Das Modell bleibt, wie es ist, und lernt aus deinen Beispielen etwas Kleines hinzu. Währenddessen kannst du weiter chatten.',
  examples,
  start: {
    label: 'Personalisieren beginnen',
    name: 'Name des Assistenten',
    firstName: 'Zum Beispiel: Pim',
    nextName: 'Zum Beispiel: Pim, zweiter Versuch',
    model: 'Modell',
    noModel: 'Kein Modell ist installiert',
    action: 'Personalisieren',
    failed: 'Es konnte nicht begonnen werden',
    needs: {
      model: 'Installiere zuerst ein Modell.',
      selected: 'Wähle zuerst Beispiele unter „Lehren“.',
      examples: 'Lehre zuerst ein Beispiel.',
      name: 'Gib dem Assistenten zuerst einen Namen.',
      targets: 'Wähle mindestens eine Art von Schicht.',
    },
  },
  choice: {
    label: 'Beispiele',
    approved: (n) => `Alle angenommenen, ${examples(n)}`,
    noneSelected: 'Nur ausgewählte (keines ist ausgewählt)',
    selected: (n) => `Nur ausgewählte, ${examples(n)}`,
    choose: 'Unter „Lehren“ auswählen',
    heldOut: 'Zum Prüfen zurückgehalten',
    heldOutHint:
      'Ein Teil der Beispiele wird nicht gelernt, sondern gemessen: So zeigt sich, ob das Gelernte weiter trägt.',
    division: (learned, heldOut) =>
      `Etwa ${number.format(learned)} gelernt, ${number.format(heldOut)} nur gemessen: So zeigt sich, ob das Gelernte weiter trägt.`,
  },
  advanced: {
    title: (changed) => (changed > 0 ? `Erweitert, ${changed} geändert` : 'Erweitert'),
    noModel: 'Die Einstellungen hängen vom Modell ab: Installiere zuerst eines.',
    what: 'die üblichen Einstellungen',
    reset: 'Zurück zu den üblichen Einstellungen',
    fields: {
      rank: {
        label: 'Rang',
        hint: 'Wie viele Richtungen das Hinzugelernte nutzen kann; mehr fasst mehr und kostet mehr Zeit.',
      },
      layerShare: {
        label: 'Anteil der Schichten',
        hint: 'Der obere Anteil der Schichten, der lernt; was darunter liegt, wird nur einmal berechnet. Weniger ist schneller.',
      },
      epochs: { label: 'Epochen', hint: 'Wie oft jedes Beispiel gesehen wird.' },
      replay: {
        label: 'Allgemeine Fragen',
        hint: 'Wie viele mit den eigenen Antworten des Modells mitgelernt werden, damit es weniger vergisst; 0 ist keine.',
      },
      learningRate: {
        label: 'Lernrate',
        hint: 'Wie groß jede Korrektur ist; zu groß, und der Verlust springt.',
      },
      batchTokens: {
        label: 'Token je Schritt',
        hint: 'Wie viele Token zwischen zwei Korrekturen gelesen werden.',
      },
      warmupRatio: {
        label: 'Anteil zum Aufwärmen',
        hint: 'Der Anteil der Schritte, in dem die Lernrate auf ihren vollen Wert steigt.',
      },
      weightDecay: { label: 'Weight Decay', hint: 'Zieht die gelernten Zahlen gegen null; 0 ist aus.' },
      clipNorm: {
        label: 'Größter Gradient',
        hint: 'Eine Korrektur, die länger ist als diese Norm, wird auf sie gekürzt; 0 ist aus.',
      },
      dInitial: { label: 'Anfangswert d', hint: 'Womit jedes lambda_d beginnt.' },
      projectionKey: {
        label: 'Projektionsschlüssel',
        hint: 'Der Seed der festen Zufallsprojektionen A und B; er bleibt beim Assistenten.',
      },
      seed: { label: 'Seed', hint: 'Die Reihenfolge der Beispiele; derselbe Seed gibt denselben Lauf.' },
    },
    schedule: {
      label: 'Verlauf',
      hint: 'Wie die Lernrate nach dem Aufwärmen fällt.',
      names: {
        cosine: 'Kosinus: fällt langsam, dann schnell, dann langsam',
        linear: 'Linear: fällt gleichmäßig',
        constant: 'Gleichbleibend',
      },
    },
    targets: {
      label: 'Schichten, die lernen',
      names: {
        q_proj: 'Query',
        k_proj: 'Key',
        v_proj: 'Value',
        o_proj: 'Output',
        gate_proj: 'Gate',
        up_proj: 'Up',
        down_proj: 'Down',
      },
    },
  },
  runs: {
    title: 'Läufe',
    what: 'die Läufe',
    empty: 'Jeder Lauf bleibt hier mit seinem Verlust, damit du vergleichen kannst.',
    loss: (before, after) => `Verlust ${before} → ${after}`,
    all: 'Alle Läufe',
    started: (status, when) => `${status} · begonnen: ${when}`,
    loading: 'Der Lauf wird geladen',
    followFailed: 'Der Lauf konnte nicht verfolgt werden',
  },
  status: {
    queued: 'Wartet',
    running: 'Lernt',
    interrupted: 'Unterbrochen',
    done: 'Fertig',
    failed: 'Fehlgeschlagen',
    cancelled: 'Abgebrochen',
  },
  progress: {
    label: (name) => `Fortschritt von ${name}`,
    queued: 'Wartet auf den Lauf davor',
    preparing: 'Beispiele und Modell werden vorbereitet',
    step: (step, steps) => `Schritt ${number.format(step)} von ${number.format(steps)}`,
    cancel: 'Abbrechen',
    done: (name) => `${name} hat aus deinen Beispielen gelernt.`,
    doneNext: 'Frag etwas, das du gelehrt hast.',
    tryIt: 'Im Chat ausprobieren',
    deleted: 'Dieser Assistent wurde gelöscht.',
    failed: (step) => `Der Lauf scheiterte bei Schritt ${number.format(step)}`,
    failedSilently: 'Der Lauf endete, ohne zu sagen, warum.',
    interrupted: (step, steps) =>
      `Er hielt bei Schritt ${number.format(step)} von ${steps > 0 ? number.format(steps) : 'unbekannt vielen'}, weil die App oder ihr Rechenwerk endete. Was gelernt wurde, bleibt.`,
    cancelled: 'Du hast diesen Lauf abgebrochen. Aus ihm wurde kein Assistent.',
    canGoOn: 'Er kann weitergehen, wo er zuletzt gespeichert wurde.',
    resume: 'Fortsetzen',
    actFailed: 'Das ging nicht',
  },
  chart: {
    empty: 'Hier erscheint der Verlust, während das Modell lernt: weniger ist besser.',
    logarithmic: 'Logarithmisch',
    label: (text) => `Verlust je Schritt. ${text}`,
    unavailable: 'In diesem Browser lässt sich das Diagramm nicht zeichnen; der Text darüber sagt dasselbe.',
    step: 'Schritt',
    loss: 'Verlust, Nats je Token',
    sets: { step: 'Jeder Schritt', training: 'Training', heldOut: 'Zurückgehalten' },
  },
  loss: {
    change: (set, way, before, after, time) =>
      `Der Verlust auf ${set === 'heldOut' ? 'zurückgehaltenen' : 'gelernten'} Beispielen ${ways[way]} ` +
      (way === 'stayed' ? `bei ${before}` : `von ${before} auf ${after}`) +
      (time === null ? '.' : ` (Dauer: ${time}).`),
  },
  facts: {
    title: 'In Zahlen',
    examples: 'Beispiele',
    exampleCounts: (learned, heldOut) =>
      `${number.format(learned)} gelernt, ${number.format(heldOut)} zurückgehalten`,
    trainingLoss: 'Verlust im Training',
    heldOutLoss: 'Verlust, zurückgehalten',
    before: (loss) => `${loss} davor`,
    speed: 'Tempo',
    memory: 'Größter Speicherbedarf',
    model: 'Modell',
    rankEpochs: 'Rang, Epochen',
    learningRate: 'Lernrate',
    layers: 'Schichten',
    allLayers: 'alle linearen Schichten',
    seedKey: 'Seed, Schlüssel',
  },
}
