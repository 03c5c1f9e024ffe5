import type { LlamaConfig } from './config.ts'

/** A rotary scaling, and the context it serves. */
export type ServedRope = Pick<LlamaConfig, 'contextLength' | 'ropeScaling'>

/**
 * Within the context that the model was trained on the short divisors serve, whatever comes; where the long ones
 * differ that context is kept.
 */
export function longRope(given: {
  readonly short: readonly number[]
  readonly long: readonly number[]
  /** In tokens, as is `contextLength`. */
  readonly original: number
  readonly contextLength: number
  readonly attentionFactor: number
}): ServedRope {
  const { short, long, original, contextLength, attentionFactor } = given
  return {
    contextLength: short.join() === long.join() ? contextLength : Math.min(original, contextLength),
    ropeScaling: { type: 'divisors', divisors: short, attentionFactor },
  }
}
