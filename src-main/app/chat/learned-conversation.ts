/** A conversation up to an answer, as an example teaches it: every assistant turn in it is learned. */
import type { Message } from '../../contract/entities.ts'
import type { ChatMessage } from '../../engine/contract.ts'
import { exchanges, systemMessages, toChatMessage, type Exchange } from './history.ts'

/** The answer that the person put in an answer's place; undefined where there is none. */
export type BetterAnswer = (message: Message) => string | undefined

/**
 * Of an answer's own branch (its path from the first message; siblings are no part of it), the messages of an
 * example that ends with `answer`'s text (or the one given in its place). Earlier answers
 * that were corrected come in their corrected form; those that were rated down, stopped or failed are left out
 * with their questions, for the model would learn them as well.
 */
export function learnedConversation(
  systemPrompt: string,
  path: readonly Message[],
  answer: Message,
  better: BetterAnswer,
  text = answer.content,
): ChatMessage[] {
  const { answered } = exchanges(path)
  const last = answered.findIndex((exchange) => exchange.answer.id === answer.id)
  const asked = answered[last]?.questions ?? []
  return [
    ...systemMessages(systemPrompt),
    ...answered.slice(0, Math.max(0, last)).flatMap((exchange) => learnedExchange(exchange, better)),
    ...asked.map(toChatMessage),
    { role: 'assistant', content: text },
  ]
}

function learnedExchange({ questions, answer }: Exchange, better: BetterAnswer): ChatMessage[] {
  const corrected = better(answer)
  const isGood = answer.status === 'complete' && answer.rating !== 'down' && answer.content.trim() !== ''
  if (corrected === undefined && !isGood) return []
  return [...questions.map(toChatMessage), { role: 'assistant', content: corrected ?? answer.content }]
}
