/** The immutable data of a run: what is learned and what is only measured. */
import type { ChatMessage, TrainingExample } from '../../engine/contract.ts'
import type { Dataset } from '../storage/tables/runs.ts'

/** Puts the system prompt before every example that has none of its own. */
export function withSystemPrompt<E extends { readonly messages: readonly ChatMessage[] }>(
  examples: readonly E[],
  systemPrompt: string | null | undefined,
): (E | (Omit<E, 'messages'> & { messages: ChatMessage[] }))[] {
  const content = systemPrompt?.trim() ?? ''
  if (content === '') return [...examples]
  return examples.map((example) =>
    example.messages.some((message) => message.role === 'system')
      ? example
      : { ...example, messages: [{ role: 'system', content }, ...example.messages] },
  )
}

/** With fewer, one held back is missed more than its loss tells. */
const fewestToSplit = 5

/**
 * Holds back a share of the examples, drawn with the seed; both parts keep the order they came in. None is held
 * back where there are too few; else at least one, if anything is to be, and at least one is learned.
 */
export function splitDataset(
  examples: readonly TrainingExample[],
  heldOutRatio: number,
  seed: number,
): Pick<Dataset, 'training' | 'heldOut'> {
  const wanted =
    heldOutRatio > 0 && examples.length >= fewestToSplit
      ? Math.max(1, Math.round(examples.length * heldOutRatio))
      : 0
  const count = Math.min(wanted, examples.length - 1)
  const drawn = new Set(shuffled(examples.length, seed).slice(0, count))
  return {
    training: examples.filter((_, index) => !drawn.has(index)),
    heldOut: examples.filter((_, index) => drawn.has(index)),
  }
}

/** The numbers below `length` in an order that only the seed decides (Fisher and Yates). */
function shuffled(length: number, seed: number): number[] {
  const random = mulberry32(seed)
  const order = Array.from({ length }, (_, index) => index)
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const moved = order[last] ?? 0
    order[last] = order[other] ?? 0
    order[other] = moved
  }
  return order
}

/** Tommy Ettinger's 32-bit generator: numbers from 0 up to 1. Quality enough for a draw. */
function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
