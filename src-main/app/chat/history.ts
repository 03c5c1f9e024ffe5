/** A conversation's messages as the model is given them. */
import type { Message } from '../../contract/entities.ts'
import type { ChatMessage } from '../../engine/contract.ts'

/** The person's questions since the last answer, and that answer. */
export interface Exchange {
  readonly questions: readonly Message[]
  readonly answer: Message
}

/** The answered questions, in order, and the questions that wait for an answer. */
export function exchanges(messages: readonly Message[]): { answered: Exchange[]; waiting: Message[] } {
  const answered: Exchange[] = []
  let waiting: Message[] = []
  for (const message of messages) {
    if (message.role === 'assistant') {
      answered.push({ questions: waiting, answer: message })
      waiting = []
    } else {
      waiting.push(message)
    }
  }
  return { answered, waiting }
}

/**
 * What was said on a branch so far, for the next answer. A question whose answer failed or is empty is left out
 * with it: many chat templates take turns strictly, and a fragment would be continued.
 */
export function history(path: readonly Message[]): Message[] {
  const { answered, waiting } = exchanges(path)
  const said = answered
    .filter(({ answer }) => answer.status !== 'failed' && answer.content.trim() !== '')
    .flatMap(({ questions, answer }) => [...questions, answer])
  // Of questions that wait, only the last is new; the others were never answered.
  return [...said, ...waiting.slice(-1)]
}

export function systemMessages(systemPrompt: string): ChatMessage[] {
  return systemPrompt.trim() === '' ? [] : [{ role: 'system', content: systemPrompt }]
}

export function toChatMessage(message: Message): ChatMessage {
  return { role: message.role, content: message.content }
}
