import { counter } from '../counter.ts'

const count = counter('en')
const conversations = (number: number) => count(number, { one: 'conversation', other: 'conversations' })
const list = new Intl.ListFormat('en')

export const assistants = {
  title: 'Assistants',
  text: 'What your models have learned from you. Each is a small file beside its model.',
  what: 'the assistants',
  empty: {
    title: 'No assistant yet',
    text: 'Teach a few examples, then personalize: what was learned will wait for you here.',
    personalize: 'Personalize',
    teach: 'Teach first',
  },
  name: 'Name of the assistant',
  made: (model: string, when: string) => `For ${model} · made ${when}`,
  rename: (name: string) => `Rename “${name}”`,
  renameFailed: 'The name could not be changed',
  remove: (name: string) => `Delete “${name}”`,
  removed: (name: string) => `Deleted the assistant “${name}”.`,
  use: 'Use in chat',
  modelGone: 'Its model is not on this machine any more.',
  size: 'Size',
  rank: 'Rank',
  numbers: 'Learned numbers',
  layers: 'In',
  lossBefore: 'Loss before',
  lossAfter: 'after',
  /** How a version was made, and of which others. */
  origins: {
    trained: () => 'Trained from the model itself.',
    continued: (parents: string) => `Trained on from ${parents}.`,
    forgot: (parents: string) => `${parents} without some of its examples.`,
    blended: (parents: string) => `A blend of ${parents}.`,
    imported: () => 'Imported.',
  },
  and: (names: readonly string[]) => list.format(names),
  gone: (name: string) => (name === '' ? 'an assistant that was deleted' : `“${name}” (deleted)`),
  usedIn: (number: number) => `answers in ${conversations(number)}`,
  adopt: (number: number) => `Use it in ${conversations(number)} of the other versions`,
  adopted: (number: number, name: string) => `“${name}” now answers in ${conversations(number)} more.`,
  blend: {
    open: 'Blend',
    title: 'Blend two assistants',
    text: 'The new assistant adds up what both have learned, each as strongly as you say; nothing is trained. It keeps copies of both, so it stays when they are deleted, and answers a little slower than one of them. Two that learned opposite things still disagree: ask it, and compare.',
    parts: ['First', 'Second'],
    nameOf: (names: readonly string[]) => names.join(' + '),
    needsTwo: 'Two different assistants of one model are needed.',
    needsName: 'Give it a name first.',
    action: 'Make the blend',
    done: (name: string) => `Made “${name}”.`,
  },
  addNote: 'Add a note',
  notesOf: (name: string) => `Notes on “${name}”`,
  notesHint: 'What it is good at, what you changed, what to try next',
  seeRun: 'See the run',
  lineage: 'What it learned from',
  fingerprint: 'Fingerprint of its examples',
  heldOut: 'only measured',
  forget: 'Forget',
  forgetLabel: (question: string) => `Forget “${question}”`,
  forgetText:
    'Forgetting an example trains a new version without it, with the same settings. This version stays until you delete it.',
  forgetting: (name: string) => `“${name}” is being trained without the example.`,
  failed: 'That could not be done',
}
