/** Which examples are only measured, never trained on. */
import { shuffled, TorchGenerator } from '../vera/random.ts'

export interface Split<T> {
  readonly training: readonly T[]
  readonly heldOut: readonly T[]
}

/**
 * Sets aside `ratio` (0 to 1) of the items, rounded, chosen by the seed; both parts keep the items' order.
 *
 * At least one item is left to train on, so a single item is never held out.
 */
export function splitHeldOut<T>(items: readonly T[], ratio: number, seed: number): Split<T> {
  const count = Math.max(0, Math.min(items.length - 1, Math.round(items.length * ratio)))
  const order = shuffled(new TorchGenerator(seed), [...items.keys()])
  const chosen = new Set(order.slice(0, count))
  return {
    training: items.filter((_, index) => !chosen.has(index)),
    heldOut: items.filter((_, index) => chosen.has(index)),
  }
}
