import { resolve } from 'node:path'
import { command, type Command } from '../command.ts'
import { formatBytes } from '../../../contract/format-bytes.ts'
import { count } from '../format.ts'
import { flag, text, UsageError } from '../options.ts'

const confirmation = 'delete everything'

export const dataCommands: readonly Command[] = [
  command({
    words: 'backup',
    summary: 'Writes conversations, examples, runs and adapters (not the models) to one file and checks it.',
    required: ['PATH'],
    options: {},
    async run({ services, output }, { positionals: [path = ''] }) {
      const backup = await services.data.backUp(resolve(path))
      output.line(
        `${backup.path}: ${count(backup.rows['conversations'] ?? 0, 'conversation')}, ` +
          `${count(backup.rows['messages'] ?? 0, 'message')}, ${count(backup.rows['examples'] ?? 0, 'example')}, ` +
          `${count(backup.rows['adapters'] ?? 0, 'adapter')}; ${formatBytes(backup.sizeBytes)}.`,
      )
      return backup
    },
  }),
  command({
    words: 'restore',
    summary: 'Brings a backup back: adds what is missing, or with --replace takes its place.',
    required: ['PATH'],
    options: { replace: flag('remove what is here first; a copy of it is kept in the folder “backups”') },
    async run({ services, output }, { positionals: [path = ''], values }) {
      const mode = values.replace === true ? 'replace' : 'merge'
      const report = services.data.restore(resolve(path), mode)
      output.line(
        `Added: ${count(report.conversations, 'conversation')}, ${count(report.messages, 'message')}, ` +
          `${count(report.examples, 'example')}, ${count(report.adapters, 'adapter')}, ${count(report.runs, 'run')}.`,
      )
      if (report.copies > 0)
        output.line(`${count(report.copies, 'text')} differed from what is here; both were kept.`)
      return { mode, ...report }
    },
  }),
  command({
    words: 'erase',
    summary: 'Deletes everything in the data folder: conversations, examples, adapters, models, copies.',
    options: { confirm: text('TEXT', `“${confirmation}”, word for word`) },
    needs: ['confirm'],
    async run({ services, output }, { values }) {
      if (values.confirm !== confirmation) {
        throw new UsageError(`Nothing was deleted: --confirm must be “${confirmation}”.`)
      }
      await services.data.deleteEverything()
      output.line('Everything was deleted.')
      return { deleted: true }
    },
  }),
]
