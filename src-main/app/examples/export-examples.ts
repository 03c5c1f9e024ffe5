/** Examples as a file that others read and that imports back equal. */
import { isDeepStrictEqual } from 'node:util'
import type { Example, ExampleFormat } from '../../contract/entities.ts'
import type { ProcedureEvent, ProcedureResult } from '../../contract/procedures.ts'
import { readRecord } from './record.ts'

type Content = Pick<Example, 'messages' | 'rejected' | 'tags'>

const fileNames: { readonly [F in ExampleFormat]: string } = {
  openai: 'examples.jsonl',
  alpaca: 'examples.json',
  csv: 'examples.csv',
}
const csvHeader = ['instruction', 'output', 'system', 'rejected', 'tags', 'messages'] as const
/** Examples of one part of the text. */
const partLength = 500

/** The file's text, part by part. */
export function* exportExamples(
  examples: readonly Example[],
  format: ExampleFormat,
): Generator<ProcedureEvent<'examples.export'>, ProcedureResult<'examples.export'>> {
  const { begin, between, end, write } = writers[format]
  let text = begin
  for (const [index, example] of examples.entries()) {
    text += (index === 0 ? '' : between) + write(example)
    if ((index + 1) % partLength > 0) continue
    yield { text }
    text = ''
  }
  yield { text: text + end }
  return { file: fileNames[format], count: examples.length }
}

interface Writer {
  readonly begin: string
  readonly between: string
  readonly end: string
  readonly write: (example: Content) => string
}

const writers: { readonly [F in ExampleFormat]: Writer } = {
  openai: {
    begin: '',
    between: '',
    end: '',
    write: (example) => `${JSON.stringify({ messages: example.messages, ...extras(example) })}\n`,
  },
  alpaca: {
    begin: '[\n',
    between: ',\n',
    end: '\n]\n',
    write: (example) => JSON.stringify(alpaca(example) ?? { messages: example.messages, ...extras(example) }),
  },
  csv: { begin: `${csvHeader.join(',')}\r\n`, between: '', end: '', write: csvRow },
}

function extras({ rejected, tags }: Content): { rejected?: string; tags?: readonly string[] } {
  return { ...(rejected === null ? {} : { rejected }), ...(tags.length === 0 ? {} : { tags }) }
}

/** Alpaca's fields; null for a conversation that they can't hold, such as two questions in a row. */
function alpaca(example: Content): object | null {
  const { messages } = example
  const system = messages[0]?.role === 'system' ? messages[0].content : undefined
  const turns = system === undefined ? messages : messages.slice(1)
  const pairs: [string, string][] = []
  for (let index = 0; index < turns.length; index += 2) {
    pairs.push([turns[index]?.content ?? '', turns[index + 1]?.content ?? ''])
  }
  const [instruction, output] = pairs.pop() ?? ['', '']
  const record = {
    instruction,
    input: '',
    output,
    ...(system === undefined ? {} : { system }),
    ...(pairs.length === 0 ? {} : { history: pairs }),
    ...extras(example),
  }
  // Reading it back decides whether it holds everything.
  const read = readRecord(record, 1)
  return read.messages !== undefined && isDeepStrictEqual(read.messages, messages) ? record : null
}

function csvRow(example: Content): string {
  const { messages, rejected, tags } = example
  const [first, second, third] = messages
  const [system, question, answer] = first?.role === 'system' ? [first, second, third] : [null, first, second]
  const record = {
    instruction: question?.content ?? '',
    output: answer?.content ?? '',
    system: system?.content ?? '',
  }
  const read = readRecord(record, 1)
  const fits = read.messages !== undefined && isDeepStrictEqual(read.messages, messages)
  const cells = fits
    ? [record.instruction, record.output, record.system, rejected ?? '', tags.join(','), '']
    : ['', '', '', rejected ?? '', tags.join(','), JSON.stringify(messages)]
  return `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\r\n`
}
