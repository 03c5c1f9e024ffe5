/** The host's failures, by the pattern of the English sentence; `{1}` is the first of what fills it. */
import { adapterFiles } from './failures/adapter-files.ts'
import { assistants } from './failures/assistants.ts'
import { chatAndData } from './failures/chat-and-data.ts'
import { engine } from './failures/engine.ts'
import { importIssues } from './failures/import-issues.ts'
import { modelFiles } from './failures/model-files.ts'
import { models } from './failures/models.ts'
import { tokenizers } from './failures/tokenizers.ts'
import { training } from './failures/training.ts'

export const failures: Readonly<Record<string, string>> = {
  ...adapterFiles,
  ...assistants,
  ...chatAndData,
  ...engine,
  ...importIssues,
  ...modelFiles,
  ...models,
  ...tokenizers,
  ...training,
}
