/** What of a conversation fits the model's context, with room for an answer. */
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import type { ChatMessage } from './contract.ts'

/** At most this share of the context is kept free for the answer. */
const answerShare = 1 / 4

/**
 * The prompt's tokens, the oldest exchanges left out as far as needed. System messages and the last question
 * always stay; a cut is made before a question only, so that turns keep alternating.
 *
 * Fails with `context-full` where those alone leave no room at all.
 */
export function fitContext(
  encode: (messages: readonly ChatMessage[]) => readonly number[],
  messages: readonly ChatMessage[],
  contextLength: number,
  maxTokens: number,
): { readonly prompt: readonly number[]; readonly leftOutMessages: number } {
  const system = messages.filter(({ role }) => role === 'system')
  const said = messages.filter(({ role }) => role !== 'system')
  const most = contextLength - Math.min(maxTokens, Math.floor(contextLength * answerShare))
  const without = (count: number): readonly number[] => encode([...system, ...said.slice(count)])

  const whole = encode(messages)
  if (whole.length <= most) return { prompt: whole, leftOutMessages: 0 }
  const cuts = said.flatMap(({ role }, index) =>
    role === 'user' && index > 0 && said[index - 1]?.role !== 'user' ? [index] : [],
  )
  // The fewer messages, the fewer tokens: the first cut that fits is found by halving.
  let [low, high] = [0, cuts.length - 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (without(cuts[middle] ?? 0).length <= most) high = middle
    else low = middle + 1
  }
  const leftOutMessages = cuts[low] ?? 0
  const prompt = leftOutMessages === 0 ? whole : without(leftOutMessages)
  if (prompt.length < contextLength) return { prompt, leftOutMessages }
  throw new Failure(
    'context-full',
    sentence`The message and the instructions are ${prompt.length} tokens long, but the model holds ${contextLength}. Shorten them, or choose a model with a longer context.`,
  )
}
