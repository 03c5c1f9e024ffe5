import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseExamples } from '../../../src-main/app/examples/parse-examples.ts'
import { drain } from '../../../src-main/hosts/cli/drain.ts'
import { Check } from '../check.ts'
import { readJson } from '../fixtures.ts'
import type { ReferenceKind } from '../kind.ts'

interface Normalized {
  readonly system_in_chat_formats: string
  readonly count: number
  readonly pairs: readonly { readonly user: string; readonly assistant: string }[]
}
interface ExpectedError {
  readonly file: string
  readonly line: number | null
  readonly field?: string
  /** Tells how many examples the file still gives: `import 2`, or `may import 2` where none is as good. */
  readonly recover: string
}

/** The same pairs in every format; only chats carry a system text. */
const files: Readonly<Record<string, boolean>> = {
  'alpaca.jsonl': false,
  'openai_chat.jsonl': true,
  'sharegpt.json': true,
  'pairs.csv': false,
}

/** Examples in every format, and files that are broken. */
export const trainingData: ReferenceKind = {
  name: 'training-data',
  path: 'training-data',
  async check(reference) {
    const check = new Check()
    const folder = join(reference, 'training-data')
    const normalized = readJson<Normalized>(join(folder, 'normalized.json'))
    for (const [file, hasSystem] of Object.entries(files))
      await checkFile(check, folder, file, hasSystem, normalized)
    const malformed = join(folder, 'malformed')
    for (const expected of readJson<readonly ExpectedError[]>(join(malformed, 'expected_errors.json'))) {
      await checkMalformed(check, malformed, expected)
    }
    return check.outcome()
  },
}

const parse = (folder: string, file: string) =>
  drain(parseExamples(file, readFileSync(join(folder, file))), () => {})

async function checkFile(
  check: Check,
  folder: string,
  file: string,
  hasSystem: boolean,
  { system_in_chat_formats, count, pairs }: Normalized,
): Promise<void> {
  const { examples, issues } = await parse(folder, file)
  check.equal(`${file} issues`, issues, [])
  check.equal(`${file} count`, examples.length, count)
  const system = hasSystem ? [{ role: 'system', content: system_in_chat_formats }] : []
  for (const [index, { user, assistant }] of pairs.entries()) {
    const turns = [
      { role: 'user', content: user },
      { role: 'assistant', content: assistant },
    ]
    const messages = examples[index]?.messages.map(({ role, content }) => ({ role, content }))
    check.equal(`${file} pair ${index}`, messages, [...system, ...turns])
  }
}

/** Line, field and count are facts; the names of the codes are the program's own. */
async function checkMalformed(
  check: Check,
  folder: string,
  { file, line, field, recover }: ExpectedError,
): Promise<void> {
  const { examples, issues } = await parse(folder, file)
  const [first] = issues
  check.equal(`${file} issue`, first && { count: issues.length, line: first.line, field: first.field }, {
    count: 1,
    line,
    field: field ?? null,
  })
  const count = Number(/import (\d+)/.exec(recover)?.[1])
  const allowed = recover.startsWith('may ') ? [0, count] : [count]
  check.holds(`${file}: ${examples.length} examples, and not: ${recover}`, allowed.includes(examples.length))
}
