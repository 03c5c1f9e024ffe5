/** One record of a training file, of whatever known shape, as a conversation. */
import type { ImportIssue } from '../../contract/entities.ts'
import { sentence } from '../../contract/sentence.ts'
import type { ChatMessage } from '../../engine/contract.ts'
import { readConversation } from './conversation-record.ts'
import { describeType, issue } from './import-issue.ts'
import {
  emptyAnswer,
  isObject,
  type JsonObject,
  type MessagesResult,
  type RecordResult,
} from './record-result.ts'

/** The largest text of one message, in UTF-16 units: more is no example but a whole document. */
const maxContentLength = 1_000_000

const maxTags = 50
const maxTagLength = 100

/**
 * Alpaca (`instruction`, `input`, `output`, `history`), OpenAI chat (`messages`), ShareGPT (`conversations`) or a
 * preference pair (`prompt`, `chosen`, `rejected`). Any of them may have `rejected`, the worse last answer, and
 * `tags`.
 */
export function readRecord(value: unknown, line: number): RecordResult {
  if (!isObject(value)) {
    return {
      issue: issue(
        'wrong_type',
        line,
        sentence`line ${line} must be an object, found ${describeType(value)}`,
      ),
    }
  }
  const read = readShape(value, line)
  if (read.messages === undefined) return read
  const rejected = readRejected(value.rejected, line)
  if (typeof rejected === 'object' && rejected !== null) return rejected
  if ([...read.messages.map(({ content }) => content), rejected ?? ''].some(isTooLong)) {
    return {
      issue: issue(
        'text_too_long',
        line,
        sentence`line ${line} has a text of more than 1,000,000 characters`,
      ),
    }
  }
  return { messages: read.messages, rejected, tags: readTags(value.tags) }
}

function isTooLong(text: string): boolean {
  return text.length > maxContentLength
}

/** Text, or a list of messages whose last is the rejected answer. */
function readRejected(value: unknown, line: number): string | null | { readonly issue: ImportIssue } {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value.trim() === '' ? null : value
  // Its question stands with the chosen answer.
  const turns: unknown = Array.isArray(value)
    ? [{ role: 'user', content: '' }, ...(value as unknown[])]
    : value
  const read = readConversation(turns, 'rejected', line)
  if (read.messages === undefined) return { issue: read.issue }
  return read.messages.at(-1)?.content ?? null
}

/** Tags are a list, or text between commas; what else stands there is none. */
export function readTags(value: unknown): string[] {
  const given: unknown[] = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : []
  const tags = given.flatMap((tag) => (typeof tag === 'string' && tag.trim() !== '' ? [tag.trim()] : []))
  return [...new Set(tags.map((tag) => tag.slice(0, maxTagLength)))].slice(0, maxTags)
}

function readShape(value: JsonObject, line: number): MessagesResult {
  for (const field of ['messages', 'conversations', 'conversation']) {
    if (field in value) return readConversation(value[field], field, line)
  }
  if ('instruction' in value || 'output' in value) return readAlpaca(value, line)
  if ('chosen' in value) return readPreference(value, line)
  const keys = Object.keys(value).slice(0, 8)
  const found = keys.length === 0 ? sentence`no fields` : keys.map((key) => `\`${key}\``)
  return {
    issue: issue(
      'unknown_format',
      line,
      sentence`line ${line} is no known example: expected \`instruction\` and \`output\`, \`messages\` or \`conversations\`, found ${found}`,
    ),
  }
}

function readAlpaca(value: JsonObject, line: number): MessagesResult {
  for (const field of ['instruction', 'output']) {
    if (value[field] === undefined || value[field] === null) return missing(field, line)
  }
  const texts: { [field: string]: string } = {}
  for (const field of ['instruction', 'input', 'output', 'system']) {
    const text = value[field] ?? ''
    if (typeof text !== 'string') return notText(field, text, line)
    texts[field] = text
  }
  const earlier = readHistory(value.history, line)
  if ('issue' in earlier) return earlier
  const { instruction = '', input = '', output = '', system = '' } = texts
  return readPair({ instruction, input, output, system }, line, earlier)
}

/** LLaMA-Factory's `history`: earlier questions with their answers. */
function readHistory(value: unknown, line: number): ChatMessage[] | { readonly issue: ImportIssue } {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) return notText('history', value, line, sentence`a list of pairs`)
  const messages: ChatMessage[] = []
  for (const pair of value as unknown[]) {
    const [question, answer] = (Array.isArray(pair) ? pair : []) as readonly unknown[]
    if (typeof question !== 'string' || typeof answer !== 'string')
      return notText('history', pair, line, sentence`a list of pairs`)
    if (answer.trim() === '') return { issue: emptyAnswer(line) }
    messages.push({ role: 'user', content: question }, { role: 'assistant', content: answer })
  }
  return messages
}

/** The form of preference data sets: texts, or lists of messages of which `prompt` is the beginning. */
function readPreference(value: JsonObject, line: number): MessagesResult {
  const { prompt, chosen } = value
  if (Array.isArray(chosen)) {
    const before: unknown[] = Array.isArray(prompt)
      ? prompt
      : typeof prompt === 'string' && chosen.length === 1
        ? [{ role: 'user', content: prompt }]
        : []
    return readConversation([...before, ...(chosen as unknown[])], 'chosen', line)
  }
  if (prompt === undefined || prompt === null) return missing('prompt', line)
  if (typeof prompt !== 'string') return notText('prompt', prompt, line)
  if (typeof chosen !== 'string') return notText('chosen', chosen, line)
  return readPair({ instruction: prompt, input: '', output: chosen, system: '' }, line)
}

function missing(field: string, line: number): { readonly issue: ImportIssue } {
  return { issue: issue('missing_field', line, sentence`line ${line} has no \`${field}\``, field) }
}

function notText(
  field: string,
  found: unknown,
  line: number,
  expected = sentence`text`,
): { readonly issue: ImportIssue } {
  const message = sentence`line ${line}: \`${field}\` must be ${expected}, found ${describeType(found)}`
  return { issue: issue('wrong_type', line, message, field) }
}

export interface Pair {
  readonly instruction: string
  readonly input: string
  readonly output: string
  readonly system: string
}

/** The user's text is the instruction and, if there is an input, a blank line and the input. */
export function readPair(pair: Pair, line: number, earlier: readonly ChatMessage[] = []): MessagesResult {
  const user = pair.input.trim() === '' ? pair.instruction : `${pair.instruction}\n\n${pair.input}`
  if (user.trim() === '')
    return { issue: issue('empty_question', line, sentence`line ${line} has an empty question`) }
  if (pair.output.trim() === '') return { issue: emptyAnswer(line) }
  const messages: ChatMessage[] = [
    ...earlier,
    { role: 'user', content: user },
    { role: 'assistant', content: pair.output },
  ]
  if (pair.system.trim() !== '') messages.unshift({ role: 'system', content: pair.system })
  return { messages }
}
