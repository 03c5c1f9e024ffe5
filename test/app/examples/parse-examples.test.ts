import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { csvColumns } from '../../../src-main/app/examples/csv-table.ts'
import { suggestMapping } from '../../../src-main/app/examples/csv-mapping.ts'
import { detectEncoding } from '../../../src-main/app/examples/detect-encoding.ts'
import { parseExamples } from '../../../src-main/app/examples/parse-examples.ts'
import type { TextEncoding } from '../../../src-main/contract/entities.ts'
import { result } from '../test-app.ts'

const folder = join(import.meta.dirname, '../../golden/reference/training-data')
const read = (...given: Parameters<typeof parseExamples>) => result(parseExamples(...given))
const parse = (path: string) => read(path, readFileSync(join(folder, path)))
const parseText = (fileName: string, text: string) => read(fileName, new TextEncoder().encode(text))

/** What most files say nothing of. */
const plain = { rejected: null, tags: [] }

const normalized = z
  .object({
    system_in_chat_formats: z.string(),
    count: z.number(),
    pairs: z.array(z.object({ user: z.string(), assistant: z.string() })),
  })
  .parse(JSON.parse(readFileSync(join(folder, 'normalized.json'), 'utf8')))

describe('the four formats', () => {
  for (const { file, hasSystem } of [
    { file: 'alpaca.jsonl', hasSystem: false },
    { file: 'openai_chat.jsonl', hasSystem: true },
    { file: 'sharegpt.json', hasSystem: true },
    { file: 'pairs.csv', hasSystem: false },
  ]) {
    it(`reads ${file} exactly`, async () => {
      const { examples, issues } = await parse(file)
      expect(issues).toEqual([])
      expect(examples).toHaveLength(normalized.count)
      const system = { role: 'system', content: normalized.system_in_chat_formats }
      expect(examples.map((example) => example.messages)).toEqual(
        normalized.pairs.map((pair) => [
          ...(hasSystem ? [system] : []),
          { role: 'user', content: pair.user },
          { role: 'assistant', content: pair.assistant },
        ]),
      )
    })
  }

  it('are found by content, whatever the file is called', async () => {
    for (const file of ['alpaca.jsonl', 'openai_chat.jsonl', 'sharegpt.json', 'pairs.csv']) {
      const { examples } = await read('download', readFileSync(join(folder, file)))
      expect(examples).toEqual((await parse(file)).examples)
    }
  })

  it('know the line that each example begins on', async () => {
    const text = readFileSync(join(folder, 'sharegpt.json'), 'utf8').split('\n')
    for (const example of (await parse('sharegpt.json')).examples) expect(text[example.line - 1]).toBe(' {')
    const csv = readFileSync(join(folder, 'pairs.csv'), 'utf8').split('\r\n')
    for (const example of (await parse('pairs.csv')).examples) {
      expect(csv.join('\n').split('\n')[example.line - 1]).toContain(
        example.messages[0]?.content.split('\n')[0]?.split('"')[0],
      )
    }
  })
})

describe('malformed files', () => {
  const expected = z
    .array(
      z.object({
        file: z.string(),
        code: z.string(),
        line: z.number().nullable(),
        field: z.string().optional(),
        recover: z.string(),
      }),
    )
    .parse(JSON.parse(readFileSync(join(folder, 'malformed/expected_errors.json'), 'utf8')))

  it('are all in the list', async () => {
    const files = readdirSync(join(folder, 'malformed')).filter((name) => name !== 'expected_errors.json')
    expect(expected.map((entry) => entry.file).toSorted()).toEqual(files.toSorted())
  })

  for (const entry of expected) {
    it(`${entry.file}: ${entry.code}, ${entry.recover}`, async () => {
      const { examples, issues } = await parse(join('malformed', entry.file))
      expect(issues).toHaveLength(1)
      expect(issues[0]).toMatchObject({ code: entry.code, line: entry.line, field: entry.field ?? null })
      expect(examples).toHaveLength(Number(/import (\d+)/.exec(entry.recover)?.[1]))
    })
  }

  it('say what is wrong in words', async () => {
    const message = async (name: string) => (await parse(join('malformed', name))).issues[0]?.message
    expect(await message('07_not_utf8.jsonl')).toBe('line 1 is not UTF-8 (byte 0xE9); save the file as UTF-8')
    expect(await message('10_unknown_role.jsonl')).toBe('line 1: unknown role `wizard`')
    expect(await message('12_wrong_columns.csv')).toContain('is the separator a semicolon?')
  })
})

describe('JSON', () => {
  it('reads an Alpaca list, one object over several lines, and a list under a key', async () => {
    const record = '{"instruction": "Q",\n "output": "A"}'
    const messages = [
      { role: 'user', content: 'Q' },
      { role: 'assistant', content: 'A' },
    ]
    expect((await parseText('a.json', `[${record},\n\n${record}]`)).examples).toEqual([
      { ...plain, messages, line: 1 },
      { ...plain, messages, line: 4 },
    ])
    expect((await parseText('a.json', record)).examples).toEqual([{ ...plain, messages, line: 1 }])
    expect((await parseText('a.json', `{"data": [${record}]}`)).examples).toEqual([
      { ...plain, messages, line: 1 },
    ])
  })

  it('names the line where a document is broken', async () => {
    const { examples, issues } = await parseText('a.json', '[\n {"instruction": "Q"\n  "output": "A"}\n]')
    expect(examples).toEqual([])
    expect(issues).toMatchObject([{ code: 'invalid_json', line: 3 }])
    expect((await parseText('a.json', '[\n {"instruction": "Q"')).issues).toMatchObject([{ line: 2 }])
  })

  it('names the line of each record that is no example', async () => {
    const { examples, issues } = await parseText(
      'a.json',
      '[{"a": "[,"},\n7,\n{"instruction": "Q", "output": "A"}]',
    )
    expect(examples).toHaveLength(1)
    expect(issues).toMatchObject([
      { code: 'unknown_format', line: 1 },
      { code: 'wrong_type', line: 2 },
    ])
  })
})

describe('JSONL', () => {
  it('reads the lines around one that is not UTF-8', async () => {
    const good = '{"instruction": "Q", "output": "A"}\n'
    const bytes = Buffer.concat([Buffer.from(good), Buffer.from([0x22, 0xff, 0x0a]), Buffer.from(good)])
    const { examples, issues } = await read('a.jsonl', bytes)
    expect(examples.map((example) => example.line)).toEqual([1, 3])
    expect(issues).toMatchObject([{ code: 'invalid_encoding', line: 2 }])
  })

  it('drops questions after the last answer and joins the text parts of a message', async () => {
    const turns = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'assistant', content: 'c' },
      { role: 'user', content: 'd' },
    ]
    expect((await parseText('a.jsonl', JSON.stringify({ messages: turns }))).examples[0]?.messages).toEqual([
      { role: 'user', content: 'ab' },
      { role: 'assistant', content: 'c' },
    ])
  })

  it('lists no more issues than a person reads', async () => {
    const { issues } = await parseText('a.jsonl', '{"x": 1}\n'.repeat(1000))
    expect(issues).toHaveLength(201)
    expect(issues.at(-1)).toMatchObject({ code: 'more_issues', message: 'and 800 more lines with problems' })
  })
})

describe('CSV', () => {
  it('reads a byte order mark, upper-case columns in any order and semicolons', async () => {
    const { examples, issues } = await parseText('a.csv', '\ufeffOutput;Instruction\r\n"A;B";Q\r\n')
    expect(issues).toEqual([])
    expect(examples).toEqual([
      {
        messages: [
          { role: 'user', content: 'Q' },
          { role: 'assistant', content: 'A;B' },
        ],
        ...plain,
        line: 2,
      },
    ])
  })

  it('counts lines through quoted line breaks and blank lines', async () => {
    const { examples, issues } = await parseText(
      'a.csv',
      'instruction,output\r\n"one\r\ntwo",A\r\n\r\nonly one cell\r\n"q",A\r\n1,"k\r\n\r\n',
    )
    expect(examples.map((example) => example.line)).toEqual([2, 6])
    expect(issues).toMatchObject([
      { code: 'csv_row_length', line: 5 },
      { code: 'csv_unclosed_quote', line: 7 },
    ])
  })

  it('finds the quote that was opened, not the row that it is in', async () => {
    const { issues } = await parseText('a.csv', 'instruction,output\n"a ""quoted""\nword","never closed\n')
    expect(issues).toMatchObject([{ code: 'csv_unclosed_quote', line: 3 }])
  })
})

describe('encodings', () => {
  const record = (text: string) => JSON.stringify({ instruction: text, output: 'A' })
  const question = async (bytes: Uint8Array, encoding: TextEncoding | null) =>
    (await read('a.jsonl', bytes, { encoding })).examples[0]?.messages[0]?.content
  const utf16be = Buffer.from(record('café'), 'utf16le').swap16()
  // In Windows-1252 the euro sign is 0x80; Latin-1 has nothing there.
  const western = Buffer.from(record('café \u0080'), 'latin1')

  it('are told by mark, by zeros and by what is valid', () => {
    expect(detectEncoding(Buffer.from('\ufeffcafé'))).toBe('utf-8')
    expect(detectEncoding(Buffer.from(record('café')))).toBe('utf-8')
    expect(detectEncoding(Buffer.from(record('café'), 'utf16le'))).toBe('utf-16le')
    expect(detectEncoding(utf16be)).toBe('utf-16be')
    expect(detectEncoding(western)).toBe('windows-1252')
    expect(detectEncoding(Buffer.from([...Buffer.from('é and ü, '), 0xff]))).toBe('utf-8')
  })

  it('of Unicode are read by themselves, Windows-1252 when it is said', async () => {
    expect(await question(Buffer.from(record('café'), 'utf16le'), null)).toBe('café')
    expect(await question(utf16be, null)).toBe('café')
    expect(await question(western, null)).toBeUndefined()
    expect(await question(western, 'windows-1252')).toBe('café €')
  })
})

describe('columns', () => {
  const text = 'Question;Answer;Note\r\nQ;A;red, blue\r\n'

  it('of other names are suggested, and read once they are chosen', async () => {
    expect((await parseText('a.csv', text)).examples).toEqual([])
    const suggested = suggestMapping(csvColumns(text))
    expect(suggested).toMatchObject({ instruction: 0, output: 1, input: null })
    const { examples, issues } = await read('a.csv', Buffer.from(text), {
      mapping: { ...suggested, tags: 2 },
    })
    expect(issues).toEqual([])
    expect(examples).toMatchObject([
      { messages: [{ content: 'Q' }, { content: 'A' }], tags: ['red', 'blue'] },
    ])
  })
})

describe('preference pairs', () => {
  const messages = [
    { role: 'user', content: 'Q' },
    { role: 'assistant', content: 'A' },
  ]

  it.each([
    { instruction: 'Q', output: 'A', rejected: 'B' },
    { prompt: 'Q', chosen: 'A', rejected: 'B' },
    { messages, rejected: 'B' },
    { prompt: [messages[0]], chosen: [messages[1]], rejected: [{ role: 'assistant', content: 'B' }] },
    { chosen: messages, rejected: [messages[0], { role: 'assistant', content: 'B' }] },
  ])('%j', async (record) => {
    const { examples, issues } = await parseText('a.jsonl', JSON.stringify(record))
    expect(issues).toEqual([])
    expect(examples).toEqual([{ messages, rejected: 'B', tags: [], line: 1 }])
  })
})

describe('a large file', () => {
  const lines = 100_000
  const jsonLines = Buffer.from('{"instruction":"Q","output":"A"}\n'.repeat(lines))

  it.each([
    ['a.jsonl', jsonLines],
    ['a.csv', Buffer.from(`instruction,output\n${'Q,A\n'.repeat(lines)}`)],
    ['a.json', Buffer.from(`[${'{"instruction":"Q","output":"A"},'.repeat(lines)}{}]`)],
  ])('%s is read in turns, with progress', async (file, bytes) => {
    const shares: number[] = []
    const { examples } = await result(parseExamples(file, bytes), (share) => shares.push(share))
    expect(examples).toHaveLength(lines)
    expect(shares.length).toBeGreaterThan(1)
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
  })

  it('can be stopped', async () => {
    const stop = new AbortController()
    const reading = parseExamples('a.jsonl', jsonLines, {}, stop.signal)
    const { examples } = await result(reading, () => stop.abort())
    expect(examples.length).toBeLessThan(lines)
  })
})
