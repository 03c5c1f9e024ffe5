import { describe, expect, it } from 'vitest'
import type { Example } from '../../../src-main/contract/entities.ts'
import { exportExamples } from '../../../src-main/app/examples/export-examples.ts'
import { newExample } from '../../../src-main/app/examples/new-example.ts'
import { parseExamples } from '../../../src-main/app/examples/parse-examples.ts'
import { result } from '../test-app.ts'

const user = (content: string) => ({ role: 'user' as const, content })
const assistant = (content: string) => ({ role: 'assistant' as const, content })
const system = (content: string) => ({ role: 'system' as const, content })
const make = (messages: Example['messages'], more: Partial<Example> = {}) =>
  newExample({ kind: 'hand' }, { messages, ...more })

const examples = [
  make([user('Q'), assistant('A')]),
  make([system('Be kind.'), user(' two\r\nlines, "quoted" '), assistant('=1+1;\tü 🌿')], {
    rejected: 'worse,\n"still"',
    tags: ['one', 'two words'],
  }),
  make([user('one'), assistant('1'), user('two'), assistant('2')]),
  make([system('S'), user('one'), user('more'), assistant('1')], { tags: ['odd'] }),
  make([assistant('Hello'), user('Hi'), assistant('How are you?')]),
  make([system(' '), user('Q'), assistant('A')]),
  make([user('Q'), system('late'), assistant('A')], { rejected: 'B' }),
]
const content = ({ messages, rejected, tags }: Pick<Example, 'messages' | 'rejected' | 'tags'>) => ({
  messages,
  rejected,
  tags,
})

describe('an export', () => {
  for (const format of ['openai', 'alpaca', 'csv'] as const) {
    it(`as ${format} imports back equal`, async () => {
      const parts: string[] = []
      const exporting = exportExamples(examples, format)
      let next = exporting.next()
      for (; next.done !== true; next = exporting.next()) parts.push(next.value.text)
      expect(next.value.count).toBe(examples.length)
      const parsed = await result(parseExamples(next.value.file, Buffer.from(parts.join(''))))
      expect(parsed.issues).toEqual([])
      expect(
        parsed.examples.map((one) => content({ ...one, messages: [...one.messages], tags: [...one.tags] })),
      ).toEqual(examples.map(content))
    })
  }

  it('writes Alpaca’s own fields wherever they hold everything', () => {
    const [first] = exportExamples(examples.slice(2, 3), 'alpaca')
    expect(JSON.parse(first?.text ?? '')).toEqual([
      { instruction: 'two', input: '', output: '2', history: [['one', '1']] },
    ])
  })
})
