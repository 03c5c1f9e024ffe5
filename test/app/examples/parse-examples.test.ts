import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseExamples } from '../../../src-main/app/examples/parse-examples.ts'

const folder = join(import.meta.dirname, '../../golden/reference/training-data')
const parse = (path: string) => parseExamples(path, readFileSync(join(folder, path)))
const parseText = (fileName: string, text: string) => parseExamples(fileName, new TextEncoder().encode(text))

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
    it(`reads ${file} exactly`, () => {
      const { examples, issues } = parse(file)
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

  it('are found by content, whatever the file is called', () => {
    for (const file of ['alpaca.jsonl', 'openai_chat.jsonl', 'sharegpt.json', 'pairs.csv']) {
      const { examples } = parseExamples('download', readFileSync(join(folder, file)))
      expect(examples).toEqual(parse(file).examples)
    }
  })

  it('know the line that each example begins on', () => {
    const text = readFileSync(join(folder, 'sharegpt.json'), 'utf8').split('\n')
    for (const example of parse('sharegpt.json').examples) expect(text[example.line - 1]).toBe(' {')
    const csv = readFileSync(join(folder, 'pairs.csv'), 'utf8').split('\r\n')
    for (const example of parse('pairs.csv').examples) {
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

  it('are all in the list', () => {
    const files = readdirSync(join(folder, 'malformed')).filter((name) => name !== 'expected_errors.json')
    expect(expected.map((entry) => entry.file).toSorted()).toEqual(files.toSorted())
  })

  for (const entry of expected) {
    it(`${entry.file}: ${entry.code}, ${entry.recover}`, () => {
      const { examples, issues } = parse(join('malformed', entry.file))
      expect(issues).toHaveLength(1)
      expect(issues[0]).toMatchObject({ code: entry.code, line: entry.line, field: entry.field ?? null })
      expect(examples).toHaveLength(Number(/import (\d+)/.exec(entry.recover)?.[1]))
    })
  }

  it('say what is wrong in words', () => {
    const message = (name: string) => parse(join('malformed', name)).issues[0]?.message
    expect(message('07_not_utf8.jsonl')).toBe('line 1 is not UTF-8 (byte 0xE9); save the file as UTF-8')
    expect(message('10_unknown_role.jsonl')).toBe('line 1: unknown role `wizard`')
    expect(message('12_wrong_columns.csv')).toContain('is the separator a semicolon?')
  })
})

describe('JSON', () => {
  it('reads an Alpaca list, one object over several lines, and a list under a key', () => {
    const record = '{"instruction": "Q",\n "output": "A"}'
    const messages = [
      { role: 'user', content: 'Q' },
      { role: 'assistant', content: 'A' },
    ]
    expect(parseText('a.json', `[${record},\n\n${record}]`).examples).toEqual([
      { messages, line: 1 },
      { messages, line: 4 },
    ])
    expect(parseText('a.json', record).examples).toEqual([{ messages, line: 1 }])
    expect(parseText('a.json', `{"data": [${record}]}`).examples).toEqual([{ messages, line: 1 }])
  })

  it('names the line where a document is broken', () => {
    const { examples, issues } = parseText('a.json', '[\n {"instruction": "Q"\n  "output": "A"}\n]')
    expect(examples).toEqual([])
    expect(issues).toMatchObject([{ code: 'invalid_json', line: 3 }])
    expect(parseText('a.json', '[\n {"instruction": "Q"').issues).toMatchObject([{ line: 2 }])
  })

  it('names the line of each record that is no example', () => {
    const { examples, issues } = parseText(
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
  it('reads the lines around one that is not UTF-8', () => {
    const good = '{"instruction": "Q", "output": "A"}\n'
    const bytes = Buffer.concat([Buffer.from(good), Buffer.from([0x22, 0xff, 0x0a]), Buffer.from(good)])
    const { examples, issues } = parseExamples('a.jsonl', bytes)
    expect(examples.map((example) => example.line)).toEqual([1, 3])
    expect(issues).toMatchObject([{ code: 'invalid_encoding', line: 2 }])
  })

  it('drops questions after the last answer and joins the text parts of a message', () => {
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
    expect(parseText('a.jsonl', JSON.stringify({ messages: turns })).examples[0]?.messages).toEqual([
      { role: 'user', content: 'ab' },
      { role: 'assistant', content: 'c' },
    ])
  })

  it('lists no more issues than a person reads', () => {
    const { issues } = parseText('a.jsonl', '{"x": 1}\n'.repeat(1000))
    expect(issues).toHaveLength(201)
    expect(issues.at(-1)).toMatchObject({ code: 'more_issues', message: 'and 800 more lines with problems' })
  })
})

describe('CSV', () => {
  it('reads a byte order mark, upper-case columns in any order and semicolons', () => {
    const { examples, issues } = parseText('a.csv', '\ufeffOutput;Instruction\r\n"A;B";Q\r\n')
    expect(issues).toEqual([])
    expect(examples).toEqual([
      {
        messages: [
          { role: 'user', content: 'Q' },
          { role: 'assistant', content: 'A;B' },
        ],
        line: 2,
      },
    ])
  })

  it('counts lines through quoted line breaks and blank lines', () => {
    const { examples, issues } = parseText(
      'a.csv',
      'instruction,output\r\n"one\r\ntwo",A\r\n\r\nonly one cell\r\n"q",A\r\n1,"k\r\n\r\n',
    )
    expect(examples.map((example) => example.line)).toEqual([2, 6])
    expect(issues).toMatchObject([
      { code: 'csv_row_length', line: 5 },
      { code: 'csv_unclosed_quote', line: 7 },
    ])
  })

  it('finds the quote that was opened, not the row that it is in', () => {
    const { issues } = parseText('a.csv', 'instruction,output\n"a ""quoted""\nword","never closed\n')
    expect(issues).toMatchObject([{ code: 'csv_unclosed_quote', line: 3 }])
  })
})
