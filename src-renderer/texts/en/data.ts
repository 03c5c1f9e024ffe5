import { counter } from '../counter.ts'

const count = counter('en')
const conversations = (number: number) => count(number, { one: 'conversation', other: 'conversations' })
const examples = (number: number) => count(number, { one: 'example', other: 'examples' })
const assistants = (number: number) => count(number, { one: 'assistant', other: 'assistants' })
const texts = (number: number) => count(number, { one: 'text', other: 'texts' })

export const data = {
  title: 'Your data',
  text: 'Conversations, examples and assistants. Models are not part of a backup: they can be fetched again.',
  file: 'Backup file',
  fileHint: 'The whole path. A backup is checked after it is written, and before it is restored.',
  fileNeeded: 'Write the path of a file first.',
  backUp: 'Back up',
  backedUp: (path: string, size: string) => `Backed up to ${path}, ${size}.`,
  backupFailed: 'The backup could not be written',
  merge: 'Restore and merge',
  replace: 'Restore and replace',
  restored: (report: { conversations: number; examples: number; adapters: number; copies: number }) =>
    `Restored ${conversations(report.conversations)}, ${examples(report.examples)} and ${assistants(report.adapters)}.` +
    (report.copies > 0 ? ` ${texts(report.copies)} differed from what is here; both were kept.` : ''),
  restoreFailed: 'The backup could not be restored',
  replaceQuestion: 'Replace everything with the backup?',
  replaceText:
    'What is here now is removed and the backup takes its place. A copy of what is here is kept in the folder “backups” of the data folder.',
  erase: 'Delete everything',
  eraseText:
    'Deletes conversations, examples, assistants, models and the automatic copies from this machine. Backups that you keep elsewhere stay. This can’t be undone.',
  /** What is typed to confirm it. */
  eraseWords: 'delete everything',
  eraseLabel: (words: string) => `Type “${words}” to confirm`,
  eraseNeeded: (words: string) => `Type “${words}” first.`,
  erased: 'Everything was deleted.',
  eraseFailed: 'Not everything could be deleted',
  repaired: (rows: number, hasCopy: boolean) =>
    `The database was damaged and has been repaired: ${rows.toLocaleString('en')} rows were read from it` +
    (hasCopy ? ', what was missing came from the newest automatic copy.' : '; there was no automatic copy.') +
    ' Deleted things may be back.',
  quarantine: (path: string) => `The damaged file is kept unchanged: ${path}`,
}
