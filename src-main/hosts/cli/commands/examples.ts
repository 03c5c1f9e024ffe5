import { writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { textEncoding, type Example, type ExampleFormat } from '../../../contract/entities.ts'
import { Failure } from '../../../contract/failure.ts'
import { command, type Command } from '../command.ts'
import { drain } from '../drain.ts'
import { count, formatTable } from '../format.ts'
import { choice, flag, text } from '../options.ts'
import { noteIssues, readFileOfExamples } from '../read-examples.ts'

const formats = ['openai', 'alpaca', 'csv'] as const
/** As much of a text as a line of the list shows. */
const shownLength = 48

export const exampleCommands: readonly Command[] = [
  command({
    words: 'examples list',
    summary: 'Lists the collected examples, newest first.',
    options: {
      status: choice('only those in this state', ['new', 'approved', 'skipped']),
      tag: text('TAG', 'only those with this tag'),
    },
    run({ services, output }, { values: { status, tag } }) {
      const examples = services.examples
        .list()
        .filter((one) => status === undefined || one.status === status)
        .filter((one) => tag === undefined || one.tags.includes(tag))
      output.line(examples.length === 0 ? 'There are no such examples.' : exampleTable(examples))
      return Promise.resolve({ examples })
    },
  }),
  command({
    words: 'examples import',
    summary:
      'Adds the examples of a file (JSONL, JSON or CSV) to the inbox; lines that can’t be read are told.',
    required: ['FILE'],
    options: {
      approve: flag('approve them right away instead of leaving them for review'),
      tag: text('TAG', 'give them this tag'),
      encoding: choice('read the file so instead of by rule', textEncoding.options),
    },
    async run({ services, output, signal }, { positionals: [file = ''], values }) {
      const bytes = await readFileOfExamples(file)
      const fileId = services.examples.openFile({ file: basename(file), base64: bytes.toString('base64') })
      const input = {
        fileId,
        encoding: values.encoding ?? null,
        mapping: null,
        status: values.approve === true ? ('approved' as const) : ('new' as const),
        tags: values.tag === undefined ? [] : [values.tag],
      }
      const { added, issues } = await drain(
        services.examples.importFile(input, signal),
        ({ share }) => output.progress(`Importing: ${Math.round(share * 100)} %`, share),
        signal,
      )
      noteIssues(output, file, issues)
      if (added === 0) {
        throw new Failure('no-examples', `No example could be read from “${file}”. Nothing was added.`)
      }
      const where = values.approve === true ? 'They are approved.' : 'They wait for review in Teach.'
      output.line(`Imported ${count(added, 'example')}. ${where}`)
      return { added, issues }
    },
  }),
  command({
    words: 'examples export',
    summary: 'Writes all examples into a file, which imports back equal.',
    required: ['FILE'],
    options: { format: choice('of the file; else by the name’s ending (.jsonl, .json, .csv)', formats) },
    async run({ services, output }, { positionals: [file = ''], values }) {
      const format = values.format ?? formatOf(file)
      const parts = services.examples.export(null, format)
      let text = ''
      let next = parts.next()
      for (; next.done !== true; next = parts.next()) text += next.value.text
      const path = resolve(file)
      try {
        // Never over a file that is there: it may be the only copy of something.
        await writeFile(path, text, { flag: 'wx' })
      } catch (cause) {
        throw new Failure(
          'file-not-written',
          `“${file}” can't be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
          { cause },
        )
      }
      output.line(`Wrote ${count(next.value.count, 'example')} to ${path}.`)
      return { path, format, count: next.value.count }
    },
  }),
]

function formatOf(file: string): ExampleFormat {
  if (/\.csv$/i.test(file)) return 'csv'
  return /\.json$/i.test(file) ? 'alpaca' : 'openai'
}

function exampleTable(examples: readonly Example[]): string {
  const rows = examples.map(({ messages, status, tags }) => [
    status,
    shorten(messages.findLast(({ role }) => role === 'user')?.content ?? ''),
    shorten(messages.at(-1)?.content ?? ''),
    tags.join(', '),
  ])
  return formatTable(['STATE', 'QUESTION', 'ANSWER', 'TAGS'], rows)
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > shownLength ? `${line.slice(0, shownLength - 1)}…` : line
}
