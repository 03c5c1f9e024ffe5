import { counter } from '../counter.ts'
import type { verdict as english } from '../en/verdict.ts'

const count = counter('de')

const learned = {
  much: (heldOut: boolean) =>
    heldOut
      ? 'Es hat gelernt, was du gelehrt hast, und das trägt auch bei Beispielen, die es nie sah'
      : 'Es hat deine Beispiele gelernt',
  some: (heldOut: boolean) =>
    heldOut
      ? 'Es hat einen Teil dessen gelernt, was du gelehrt hast, auch für Beispiele, die es nie sah'
      : 'Es hat deine Beispiele zum Teil gelernt',
  little: (heldOut: boolean) =>
    heldOut
      ? 'Bei Beispielen, die es nie sah, ist es kaum besser geworden'
      : 'Es hat deine Beispiele kaum gelernt',
  worse: (heldOut: boolean) =>
    heldOut
      ? 'Bei Beispielen, die es nie sah, ist es schlechter geworden'
      : 'Bei deinen Beispielen ist es schlechter geworden',
}
const forgot = {
  nothing: 'was das Modell wusste, ist geblieben',
  some: 'etwas von dem, was das Modell wusste, ist verloren',
  much: 'vieles von dem, was das Modell wusste, ist verloren',
}
const right = (is: boolean | null) => (is === null ? '' : is ? ' · richtig' : ' · nicht richtig')

export const verdict: typeof english = {
  title: 'Urteil',
  sentence: (learning, heldOut, forgetting) => {
    const what = learned[learning](heldOut)
    if (forgetting === null) return `${what}.`
    const isGood = learning === 'much' || learning === 'some'
    return `${what}, ${isGood === (forgetting === 'nothing') ? 'und' : 'aber'} ${forgot[forgetting]}.`
  },
  advice: {
    lessByHeart:
      'Es hat deine Beispiele auswendig gelernt. Mehr und verschiedenere Beispiele helfen am meisten; weniger Epochen, oder die besten statt der letzten zu behalten (Erweitert), auch.',
    longer: 'Trainiere weitere Runden, oder wähle „Gründlich“.',
    replay:
      'Damit mehr von dem bleibt, was das Modell wusste, lass allgemeine Fragen mitlernen: „Ausgewogen“ tut das.',
  },
  numbers: {
    heldOut: 'Verlust, zurückgehalten',
    training: 'Verlust im Training',
    known: 'Allgemeine Fragen',
    knownOf: (after, before) => `${after} von ${before}, die es wusste`,
    general: 'Verlust der eigenen Antworten',
    preferred: 'Dir lieber',
    tally: (taught, base, neither) =>
      `es ${taught}-mal, das Modell allein ${base}-mal` + (neither > 0 ? `, keines ${neither}-mal` : ''),
  },
  asking: (done, all) =>
    `Das Modell wird allein und mit dem Gelernten gefragt: ${done} von ${count(all, { one: 'Antwort', other: 'Antworten' })}.`,
  progress: 'Fortschritt der Fragen',
  failed: 'Die Fragen konnten nicht gestellt werden',
  deleted: 'Dieser Assistent wurde gelöscht.',
  tryIt: 'Im Chat ausprobieren',
  keep: 'Behalten',
  kept: 'Wird behalten',
  trainOn: 'Weiter trainieren',
  discard: 'Verwerfen',
  answers: 'Nebeneinander',
  kinds: {
    probe: (n) => `Deine Fragen (${n})`,
    heldOut: (n) => `Beispiele, die es nie sah (${n})`,
    general: (n) => `Allgemeine Fragen, die niemand gelehrt hat (${n})`,
  },
  waiting: 'Wird noch gefragt.',
  alone: (is) => `Das Modell allein${right(is)}`,
  taught: (is) => `Mit dem Gelernten${right(is)}`,
  expected: 'Dein Beispiel sagt:',
  blind: {
    action: (n) => `Ohne Namen wählen (${n})`,
    title: 'Welche Antwort ist besser?',
    place: (index, all) => `${index} von ${all}. Welche welche ist, wird am Ende gesagt.`,
    better: (side) => `${side} ist besser`,
    neither: 'Kein Unterschied',
    reveal: 'Zeigen, welche welche ist',
    was: { taught: 'War dir lieber', base: 'Das Modell allein war dir lieber' },
    tally: (name, taught, base, neither) =>
      `${name} war dir ${taught}-mal lieber, das Modell allein ${base}-mal` +
      (neither > 0 ? `; ${neither}-mal sahst du keinen Unterschied.` : '.'),
  },
}
