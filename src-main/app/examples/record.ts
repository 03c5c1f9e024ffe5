/** One record of a training file, of whatever known shape, as a conversation. */
import type { ChatMessage } from '../../engine/contract.ts'
import { readConversation } from './conversation-record.ts'
import { describeType, issue } from './import-issue.ts'
import { emptyAnswer, isObject, type JsonObject, type RecordResult } from './record-result.ts'

/** The largest text of one message, in UTF-16 units: more is no example but a whole document. */
const maxContentLength = 1_000_000

/** Alpaca (`instruction`, `input`, `output`), OpenAI chat (`messages`) or ShareGPT (`conversations`). */
export function readRecord(value: unknown, line: number): RecordResult {
  if (!isObject(value)) {
    return {
      issue: issue('wrong_type', line, `line ${line} must be an object, found ${describeType(value)}`),
    }
  }
  const read = readShape(value, line)
  if (read.messages?.some((message) => message.content.length > maxContentLength) === true) {
    return {
      issue: issue('text_too_long', line, `line ${line} has a text of more than 1,000,000 characters`),
    }
  }
  return read
}

function readShape(value: JsonObject, line: number): RecordResult {
  for (const field of ['messages', 'conversations', 'conversation']) {
    if (field in value) return readConversation(value[field], field, line)
  }
  if ('instruction' in value || 'output' in value) return readAlpaca(value, line)
  const keys = Object.keys(value).slice(0, 8)
  const found = keys.length === 0 ? 'no fields' : keys.map((key) => `\`${key}\``).join(', ')
  return {
    issue: issue(
      'unknown_format',
      line,
      `line ${line} is no known example: expected \`instruction\` and \`output\`, \`messages\` or \`conversations\`, found ${found}`,
    ),
  }
}

function readAlpaca(value: JsonObject, line: number): RecordResult {
  for (const field of ['instruction', 'output']) {
    if (value[field] === undefined || value[field] === null) {
      return { issue: issue('missing_field', line, `line ${line} has no \`${field}\``, field) }
    }
  }
  const texts: { [field: string]: string } = {}
  for (const field of ['instruction', 'input', 'output', 'system']) {
    const text = value[field] ?? ''
    if (typeof text !== 'string') {
      const message = `line ${line}: \`${field}\` must be text, found ${describeType(text)}`
      return { issue: issue('wrong_type', line, message, field) }
    }
    texts[field] = text
  }
  const { instruction = '', input = '', output = '', system = '' } = texts
  return readPair({ instruction, input, output, system }, line)
}

export interface Pair {
  readonly instruction: string
  readonly input: string
  readonly output: string
  readonly system: string
}

/** The user's text is the instruction and, if there is an input, a blank line and the input. */
export function readPair(pair: Pair, line: number): RecordResult {
  const user = pair.input.trim() === '' ? pair.instruction : `${pair.instruction}\n\n${pair.input}`
  if (user.trim() === '')
    return { issue: issue('empty_question', line, `line ${line} has an empty question`) }
  if (pair.output.trim() === '') return { issue: emptyAnswer(line) }
  const messages: ChatMessage[] = [
    { role: 'user', content: user },
    { role: 'assistant', content: pair.output },
  ]
  if (pair.system.trim() !== '') messages.unshift({ role: 'system', content: pair.system })
  return { messages }
}
