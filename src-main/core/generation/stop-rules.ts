/** When an answer is over. */

/** `end`: the model ended its turn; `length`: as many tokens as were asked for; `context`: no place for more. */
export type StopReason = 'end' | 'length' | 'context'

export interface StopRules {
  /** Tokens that end a turn; they are not part of the answer's text. */
  readonly endIds: ReadonlySet<number>
  /** Tokens of the answer at most. */
  readonly maxTokens: number
  /** Tokens the model can hold, prompt and answer together. */
  readonly contextLength: number
  readonly promptTokens: number
}

/**
 * Whether the answer is over now that `id` was chosen as its token number `generatedTokens` (counted from 1,
 * `id` included), and why; null goes on.
 */
export function stopReason(rules: StopRules, id: number, generatedTokens: number): StopReason | null {
  if (rules.endIds.has(id)) return 'end'
  if (generatedTokens >= rules.maxTokens) return 'length'
  if (rules.promptTokens + generatedTokens >= rules.contextLength) return 'context'
  return null
}
