/** A list of turns (OpenAI chat: `role`, `content`; ShareGPT: `from`, `value`) as a conversation. */
import { sentence } from '../../contract/sentence.ts'
import type { ChatMessage, Role } from '../../engine/contract.ts'
import { describeType, issue } from './import-issue.ts'
import { emptyAnswer, isObject, type JsonObject, type MessagesResult } from './record-result.ts'

/** The names that public data sets give to the three roles. */
const roles = new Map<string, Role>([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['human', 'user'],
  ['assistant', 'assistant'],
  ['gpt', 'assistant'],
  ['chatgpt', 'assistant'],
  ['model', 'assistant'],
  ['bot', 'assistant'],
])

export function readConversation(turns: unknown, field: string, line: number): MessagesResult {
  if (!Array.isArray(turns)) {
    const message = sentence`line ${line}: \`${field}\` must be a list of messages, found ${describeType(turns)}`
    return { issue: issue('wrong_type', line, message, field) }
  }
  const messages: ChatMessage[] = []
  for (const turn of turns) {
    const read = readTurn(turn, line)
    if ('issue' in read) return read
    messages.push(read)
  }
  return check(messages, line)
}

function check(messages: ChatMessage[], line: number): MessagesResult {
  const last = messages.findLastIndex((message) => message.role === 'assistant')
  if (last === -1) {
    return {
      issue: issue(
        'no_assistant_turn',
        line,
        sentence`line ${line}: the conversation has no assistant message`,
      ),
    }
  }
  if (!messages.some((message) => message.role === 'user')) {
    return {
      issue: issue('no_user_turn', line, sentence`line ${line}: the conversation has no user message`),
    }
  }
  // A question that nobody answered yet teaches nothing.
  return { messages: messages.slice(0, last + 1) }
}

type TurnResult = ChatMessage | Extract<MessagesResult, { messages?: undefined }>

function readTurn(turn: unknown, line: number): TurnResult {
  if (!isObject(turn)) {
    return {
      issue: issue(
        'wrong_type',
        line,
        sentence`line ${line}: a message must be an object, found ${describeType(turn)}`,
      ),
    }
  }
  const roleField = 'role' in turn || !('from' in turn) ? 'role' : 'from'
  const role = turn[roleField]
  if (role === undefined || role === null) {
    return { issue: issue('missing_field', line, sentence`line ${line}: a message has no \`role\``, 'role') }
  }
  const known = typeof role === 'string' ? roles.get(role.toLowerCase()) : undefined
  if (known === undefined) {
    const name = typeof role === 'string' ? `\`${role}\`` : describeType(role)
    return { issue: issue('unknown_role', line, sentence`line ${line}: unknown role ${name}`) }
  }
  const content = readContent(turn, line)
  if (typeof content !== 'string') return content
  if (known === 'assistant' && content.trim() === '') return { issue: emptyAnswer(line) }
  return { role: known, content }
}

/** A turn's text; OpenAI may split it into parts, of which only texts can be learned from. */
function readContent(
  turn: JsonObject,
  line: number,
): string | Extract<MessagesResult, { messages?: undefined }> {
  const field = 'content' in turn || !('value' in turn) ? 'content' : 'value'
  const content = turn[field]
  if (typeof content === 'string') return content
  if (content === undefined || content === null) {
    return {
      issue: issue('missing_field', line, sentence`line ${line}: a message has no \`${field}\``, field),
    }
  }
  const parts = Array.isArray(content) ? content.map(partText) : [null]
  if (parts.every((part) => part !== null)) return parts.join('')
  const message = sentence`line ${line}: \`${field}\` must be text, found ${describeType(content)}`
  return { issue: issue('wrong_type', line, message, field) }
}

function partText(part: unknown): string | null {
  return isObject(part) && part.type === 'text' && typeof part.text === 'string' ? part.text : null
}
