import { selectLargest } from './select-largest.ts'

/** The natural logarithm of a token's probability, by the model itself: before temperature, penalties and filters. */
export interface TokenLikelihood {
  readonly id: number
  readonly logprob: number
}

/**
 * The log softmax of the logits `[V]` at a token, and at the `count` likeliest ones, likeliest first (of equals the
 * lower ids).
 */
export function logProbabilities(
  logits: Float32Array,
  id: number,
  count: number,
): { readonly chosen: TokenLikelihood; readonly top: readonly TokenLikelihood[] } {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity)
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0))
  const of = (token: number): TokenLikelihood => ({
    id: token,
    logprob: (logits[token] ?? -Infinity) - largest - total,
  })
  const ids = Int32Array.from(logits.keys())
  const taken = count === 0 ? 0 : selectLargest(ids, ids.length, logits, null, count)
  const top = Array.from(ids.subarray(0, taken), of)
  return { chosen: of(id), top: top.toSorted((a, b) => b.logprob - a.logprob || a.id - b.id) }
}
