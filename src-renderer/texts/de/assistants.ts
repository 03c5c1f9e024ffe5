import { counter } from '../counter.ts'
import type { assistants as english } from '../en/assistants.ts'

const count = counter('de')
const conversations = (number: number) => count(number, { one: 'Gespräch', other: 'Gesprächen' })
const list = new Intl.ListFormat('de')

export const assistants: typeof english = {
  title: 'Assistenten',
  text: 'Was deine Modelle von dir gelernt haben. Jeder ist eine kleine Datei neben seinem Modell.',
  what: 'die Assistenten',
  empty: {
    title: 'Noch kein Assistent',
    text: 'Lehre ein paar Beispiele, dann personalisiere: Was gelernt wurde, wartet hier auf dich.',
    personalize: 'Personalisieren',
    teach: 'Zuerst lehren',
  },
  name: 'Name des Assistenten',
  made: (model, when) => `Für ${model} · gemacht: ${when}`,
  rename: (name) => `„${name}“ umbenennen`,
  renameFailed: 'Der Name konnte nicht geändert werden',
  remove: (name) => `„${name}“ löschen`,
  removed: (name) => `Der Assistent „${name}“ wurde gelöscht.`,
  use: 'Im Chat verwenden',
  modelGone: 'Sein Modell ist nicht mehr auf diesem Rechner.',
  size: 'Größe',
  rank: 'Rang',
  numbers: 'Gelernte Zahlen',
  layers: 'In',
  lossBefore: 'Verlust davor',
  lossAfter: 'danach',
  origins: {
    trained: () => 'Trainiert vom Modell selbst aus.',
    continued: (parents) => `Weitertrainiert von ${parents} aus.`,
    forgot: (parents) => `${parents} ohne einige seiner Beispiele.`,
    blended: (parents) => `Eine Mischung aus ${parents}.`,
    imported: () => 'Importiert.',
  },
  and: (names) => list.format(names),
  gone: (name) => (name === '' ? 'einem gelöschten Assistenten' : `„${name}“ (gelöscht)`),
  usedIn: (number) => `antwortet in ${conversations(number)}`,
  adopt: (number) => `In ${conversations(number)} der anderen Versionen verwenden`,
  adopted: (number, name) => `„${name}“ antwortet jetzt in ${conversations(number)} mehr.`,
  blend: {
    open: 'Mischen',
    title: 'Zwei Assistenten mischen',
    text: 'Der neue Assistent zählt zusammen, was beide gelernt haben, jeden so stark, wie du sagst; trainiert wird nichts. Er behält Kopien von beiden, bleibt also, wenn sie gelöscht werden, und antwortet etwas langsamer als einer allein. Zwei, die Gegenteiliges gelernt haben, bleiben uneins: Frag ihn, und vergleiche.',
    parts: ['Erster', 'Zweiter'],
    nameOf: (names) => names.join(' + '),
    needsTwo: 'Es braucht zwei verschiedene Assistenten desselben Modells.',
    needsName: 'Gib ihm zuerst einen Namen.',
    action: 'Die Mischung machen',
    done: (name) => `„${name}“ ist gemacht.`,
  },
  addNote: 'Notiz hinzufügen',
  notesOf: (name) => `Notizen zu „${name}“`,
  notesHint: 'Was er gut kann, was du geändert hast, was du noch ausprobieren willst',
  seeRun: 'Zum Lauf',
  lineage: 'Woraus er gelernt hat',
  fingerprint: 'Fingerabdruck seiner Beispiele',
  heldOut: 'nur gemessen',
  forget: 'Vergessen',
  forgetLabel: (question) => `„${question}“ vergessen`,
  forgetText:
    'Ein Beispiel zu vergessen heißt, eine neue Version ohne es zu trainieren, mit denselben Einstellungen. Diese Version bleibt, bis du sie löschst.',
  forgetting: (name) => `„${name}“ wird ohne das Beispiel trainiert.`,
  failed: 'Das ging nicht',
}
