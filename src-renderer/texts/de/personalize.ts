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
    goesOn: (name) => `Geht von dem aus weiter, was „${name}“ gelernt hat.`,
    anew: 'Stattdessen neu beginnen',
    action: 'Messen, was es braucht',
    start: 'Mit dem Lernen beginnen',
    queue: 'In die Warteschlange stellen',
    anyway: 'Ohne das beginnen',
    failed: 'Es konnte nicht begonnen werden',
    needs: {
      model: 'Installiere zuerst ein Modell.',
      selected: 'Wähle zuerst Beispiele unter „Lehren“.',
      examples: 'Lehre zuerst ein Beispiel.',
      name: 'Gib dem Assistenten zuerst einen Namen.',
      targets: 'Wähle mindestens eine Art von Schicht.',
      setting: (label) => `„${label}“ unter „Erweitert“ hat einen Wert, der nicht geht.`,
      heldOut:
        'Mehrere Versuche werden an zurückgehaltenen Beispielen verglichen: Halte welche zurück, oder versuche es einmal.',
      memory: 'Es passt nicht in den Speicher.',
    },
  },
  elsewhere: {
    open: 'Anderswo trainieren …',
    title: 'Anderswo trainieren',
    text: 'Zu viel für diesen Rechner? Nimm, was gelernt werden soll, auf einen schnelleren mit: einen mit GPU, mehrere oder einen Cluster. Was dort gelernt wird, kommt als Assistent zurück.',
    holds: (n, model) =>
      `Im Ordner sind alle angenommenen Beispiele (${examples(n)}), die auf dieser Seite gewählten Einstellungen, ein kurzes Python-Skript und, als README.md, was zu tun ist. Sieh die Beispiele durch, bevor du ihn weitergibst. Modell: ${model}.`,
    includesModel: 'Das Modell mitgeben',
    withModel: 'Groß: zwei Byte je Gewicht. Dafür passt der Assistent sicher.',
    withoutModel:
      'Klein. Dem Skript muss gesagt werden, wo dort genau dasselbe Modell liegt; ein Assistent eines anderen passt nicht.',
    action: 'Ordner schreiben',
    failed: 'Der Ordner konnte nicht geschrieben werden',
    there: 'Dort',
    thereText: 'Mit Python 3.10 oder neuer, in diesem Ordner:',
    readme: 'In seiner README.md steht, wie mehrere GPUs oder Rechner mitmachen.',
    back: 'Und zurück',
    backText: (model) =>
      `Am Ende gibt es dort einen Ordner namens adapter. Bring ihn zurück und importiere ihn, für das Modell ${model}.`,
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
  presets: {
    label: 'Wie gründlich',
    quick: {
      name: 'Schnell',
      gives: 'Ein erster Eindruck: Nur das obere Drittel des Modells lernt.',
      costs: 'Etwa ein Viertel der Zeit. Es fasst weniger und vergisst mehr von dem, was das Modell wusste.',
    },
    balanced: {
      name: 'Ausgewogen',
      gives:
        'Hält, was du gelehrt hast, und das meiste von dem, was das Modell wusste: 24 allgemeine Fragen werden mitgelernt.',
      costs: 'Minuten für ein paar Dutzend Beispiele.',
    },
    thorough: {
      name: 'Gründlich',
      gives: 'Mehr Runden und mehr allgemeine Fragen, für Beispiele, die schwer zu lernen sind.',
      costs: 'Zwei- bis dreimal so lang wie ausgewogen.',
    },
  },
  probes: {
    label: 'Deine eigenen Fragen',
    hint: 'Davor, währenddessen immer wieder und danach beantwortet, damit du siehst, was sich ändert. Freiwillig.',
    question: (index) => `Frage ${index}`,
    example: 'Zum Beispiel: Wie heißt der Hund?',
    add: 'Noch eine Frage',
    remove: (index) => `Frage ${index} entfernen`,
  },
  estimate: {
    measuring: 'Ein paar echte Schritte zeigen, was es brauchen wird. Nichts davon bleibt.',
    progress: 'Fortschritt der Messung',
    stop: 'Anhalten',
    failed: 'Es konnte nicht gemessen werden',
    time: (time) => `Es wird etwa ${time} dauern.`,
    how: (measured, steps, speed) =>
      `Gemessen an ${count(measured, { one: 'Schritt', other: 'Schritten' })} von ${number.format(steps)}, mit ${speed}.`,
    beside: 'Währenddessen lernte ein anderer Lauf: allein geht es schneller.',
    smaller: (tokens) =>
      `Nicht jeder Schritt passt auf einmal in den Speicher: Es wird in Teilen von ${number.format(tokens)} Token gearbeitet, was länger dauert.`,
    memoryLabel: 'Speicher, den es braucht',
    memory: (needed, available) => `${needed} der ${available}, die dieser Rechner dafür hat`,
    no: 'Es wird nicht passen.',
    needs: (memory) => `Es bräuchte ${memory}.`,
    remedy: (fitting, longest) =>
      (fitting > 0
        ? `Lass Beispiele mit mehr als ${number.format(fitting)} Token weg (das längste hat ${number.format(longest)}). `
        : '') +
      'Lass weniger Schichten lernen (Schnell), schließe andere Programme, oder wähle ein kleineres Modell.',
  },
  advanced: {
    title: (changed) => (changed > 0 ? `Erweitert, ${changed} geändert` : 'Erweitert'),
    noModel: 'Die Einstellungen hängen vom Modell ab: Installiere zuerst eines.',
    what: 'die üblichen Einstellungen',
    reset: 'Zurück zu den üblichen Einstellungen',
    shapeKept: 'Der Assistent, von dem aus es weitergeht, bestimmt Größe und Ort; der Rest ist frei.',
    unreadable: 'Das lässt sich nicht lesen.',
    groups: {
      learning: 'Was gelernt wird',
      place: 'Größe und Ort',
      steps: 'Schritte',
      checks: 'Prüfungen an den zurückgehaltenen Beispielen',
    },
    fields: {
      epochs: { label: 'Epochen', hint: 'Wie oft jedes Beispiel gesehen wird.' },
      learningRate: {
        label: 'Lernrate',
        hint: 'Wie groß jede Korrektur ist; zu groß, und der Verlust springt.',
      },
      replay: {
        label: 'Allgemeine Fragen',
        hint: 'Wie viele mit den eigenen Antworten des Modells mitgelernt werden, damit es weniger vergisst; 0 ist keine.',
      },
      preferences: {
        label: 'Verworfene Antworten',
        hint: 'Ob Antworten, die du verbessert hast, als die schlechtere von zweien zählen.',
      },
      preferenceBeta: {
        label: 'β der Vorlieben',
        hint: 'Wie nah Vorlieben am Modell bleiben: je kleiner, desto weiter dürfen sie es bewegen.',
      },
      method: {
        label: 'Verfahren',
        hint: 'VeRA lernt je Schicht zwei kleine Vektoren, LoRA zwei kleine Matrizen.',
      },
      rank: {
        label: 'Rang',
        hint: 'Wie viele Richtungen das Hinzugelernte nutzen kann; mehr fasst mehr und kostet mehr Zeit.',
      },
      layerShare: {
        label: 'Anteil der Schichten',
        hint: 'Der obere Anteil der Schichten, der lernt; was darunter liegt, wird nur einmal berechnet. Weniger ist schneller.',
      },
      layers: {
        label: 'Schichten nach Nummer',
        hint: 'Von 0 an gezählt, wie in 0, 2-5; leer: was der Anteil sagt.',
      },
      ranks: {
        label: 'Andere Ränge',
        hint: 'Nach Schicht, Art oder beidem, wie in 3:8, q_proj:16, 3.q_proj:0; 0 lässt sie, wie sie ist.',
      },
      bias: { label: 'Biases', hint: 'Welche eigenen Biases des Modells mitlernen, wo es welche hat.' },
      dropout: {
        label: 'Dropout',
        hint: 'Der Anteil der Eingaben des Hinzugelernten, den jeder Schritt weglässt, gegen Auswendiglernen; 0 ist aus.',
      },
      dInitial: { label: 'Anfangswert d', hint: 'Womit jedes lambda_d beginnt.' },
      projectionKey: {
        label: 'Projektionsschlüssel',
        hint: 'Der Seed der festen Zufallsprojektionen A und B; er bleibt beim Assistenten.',
      },
      alpha: { label: 'Alpha', hint: 'LoRA skaliert mit Alpha durch den Rang; leer: der Rang.' },
      rsLora: { label: 'Rangstabil', hint: 'Teilt Alpha stattdessen durch die Wurzel des Rangs.' },
      targets: {
        label: 'Schichten, die lernen',
        hint: 'Die Arten linearer Schichten, zu denen etwas hinzukommt.',
      },
      batchTokens: {
        label: 'Token je Schritt',
        hint: 'Wie viele Token zwischen zwei Korrekturen gelesen werden.',
      },
      schedule: { label: 'Verlauf', hint: 'Wie die Lernrate nach dem Aufwärmen fällt.' },
      warmupRatio: {
        label: 'Anteil zum Aufwärmen',
        hint: 'Der Anteil der Schritte, in dem die Lernrate auf ihren vollen Wert steigt.',
      },
      optimizer: { label: 'Optimierer', hint: 'AdamW passt den Schritt jeder Zahl an; SGD macht einfache.' },
      momentum: { label: 'Momentum', hint: 'Wie viel seiner Richtung SGD von Schritt zu Schritt behält.' },
      lambdaDRate: {
        label: 'Rate von lambda_d',
        hint: 'Womit die Lernrate für lambda_d malgenommen wird; 0 hält es fest.',
      },
      lambdaBRate: {
        label: 'Rate von lambda_b',
        hint: 'Womit die Lernrate für lambda_b malgenommen wird; 0 hält es fest.',
      },
      weightDecay: { label: 'Weight Decay', hint: 'Zieht die gelernten Zahlen gegen null; 0 ist aus.' },
      clipNorm: {
        label: 'Größter Gradient',
        hint: 'Eine Korrektur, die länger ist als diese Norm, wird auf sie gekürzt; 0 ist aus.',
      },
      averageDecay: {
        label: 'Mittelung',
        hint: 'Abklingen eines gleitenden Mittels über die Schritte, das dann behalten wird; 0 ist aus.',
      },
      seed: { label: 'Seed', hint: 'Die Reihenfolge der Beispiele; derselbe Seed gibt denselben Lauf.' },
      evaluations: {
        label: 'Messungen',
        hint: 'Wie oft die zurückgehaltenen Beispiele gemessen und deine Fragen beantwortet werden.',
      },
      patience: {
        label: 'Geduld',
        hint: 'Hört nach so vielen Messungen ohne eine bessere früher auf; 0 ist aus.',
      },
      keep: { label: 'Behalten', hint: 'Welche Vektoren der Assistent werden.' },
      seeds: {
        label: 'Versuche',
        hint: 'So viele Seeds werden nacheinander trainiert; der beste auf den zurückgehaltenen Beispielen bleibt.',
      },
    },
    choices: {
      method: { vera: 'VeRA', lora: 'LoRA' },
      bias: { none: 'Keine', adapted: 'Der Schichten, die lernen', all: 'Alle' },
      schedule: {
        cosine: 'Kosinus: fällt langsam, dann schnell, dann langsam',
        linear: 'Linear: fällt gleichmäßig',
        constant: 'Gleichbleibend',
      },
      optimizer: { adamw: 'AdamW', sgd: 'SGD' },
      keep: { last: 'Die letzten', best: 'Die besten auf den zurückgehaltenen Beispielen' },
      preferences: {
        off: 'Zählen nicht',
        together: 'Zählen neben den besseren Antworten',
        only: 'Zählen allein (DPO)',
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
  queue: {
    title: 'Im Gang',
    text: 'Einer lernt, die anderen warten auf ihn. Chatten geht vor Lernen.',
    remove: (name) => `„${name}“ aus der Warteschlange nehmen`,
    failed: 'Er konnte nicht herausgenommen werden',
  },
  samples: {
    title: 'Deine Fragen',
    waiting: 'Die erste Antwort kommt vor dem ersten Schritt.',
    before: 'Davor',
    notYet: 'Während es lernt',
    after: (step) => `Nach Schritt ${number.format(step)}`,
    between: (n) => count(n, { one: 'Antwort dazwischen', other: 'Antworten dazwischen' }),
    step: (step) => `Ab Schritt ${number.format(step)}`,
    empty: 'Noch keine Antwort.',
  },
  status: {
    queued: 'Wartet',
    running: 'Lernt',
    interrupted: 'Angehalten',
    done: 'Fertig',
    failed: 'Fehlgeschlagen',
    cancelled: 'Abgebrochen',
  },
  progress: {
    label: (name) => `Fortschritt von ${name}`,
    queued: 'Wartet auf den Lauf davor',
    preparing: 'Beispiele und Modell werden vorbereitet',
    step: (step, steps) => `Schritt ${number.format(step)} von ${number.format(steps)}`,
    pause: 'Anhalten',
    cancel: 'Abbrechen',
    remove: 'Aus der Warteschlange nehmen',
    discard: 'Aufgeben',
    cancelTitle: (name) => `„${name}“ aufgeben?`,
    cancelText: (step) =>
      `Was in ${count(step, { one: 'Schritt', other: 'Schritten' })} gelernt wurde, wird gelöscht. Anhalten behält es.`,
    cancelAction: 'Aufgeben',
    broken: (step) => `Der Lauf brach bei Schritt ${number.format(step)} ab`,
    failed: (step) => `Der Lauf scheiterte bei Schritt ${number.format(step)}`,
    interrupted: (step, steps) =>
      steps === 0
        ? 'Er hat noch nicht begonnen.'
        : `Er steht bei Schritt ${number.format(step)} von ${number.format(steps)}. Was gelernt wurde, bleibt, auch wenn die App geschlossen wird.`,
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
    stoppedEarly: (step) =>
      `Er hörte vorzeitig auf, nach Schritt ${number.format(step)}: Der Verlust auf Zurückgehaltenem sank nicht mehr. Das Beste von dem, was er lernte, bleibt.`,
    rankEpochs: 'Rang, Epochen',
    learningRate: 'Lernrate',
    layers: 'Schichten',
    allLayers: 'alle linearen Schichten',
    seedKey: 'Seed, Schlüssel',
  },
}
