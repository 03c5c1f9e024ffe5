/**
 * The hidden states that enter the lowest adapted layer. Below it nothing is trained, so a token's never change:
 * computed once for all examples of a run, they are where every later pass starts.
 *
 * A token's hidden state depends on the tokens of its example up to it and on nothing else of its row, so it is kept
 * by example and place, and any packing of the examples is put together from it. What all examples begin with is
 * kept once.
 */
import type { ActivationRows } from './activation-rows.ts'
import type { Batch } from './batch.ts'
import type { StackEntry } from './layer-stack.ts'
import { sharedLength, type TokenizedExample } from './packing.ts'

/** Which row holds which token: those of the shared beginning first, then the rest of each example. */
export interface PrefixPlan {
  readonly shared: number
  /** Row of token `shared` of each example, by the example itself. */
  readonly firstRows: ReadonlyMap<TokenizedExample, number>
  readonly rowCount: number
}

export function planPrefix(examples: readonly TokenizedExample[]): PrefixPlan {
  const shared = sharedLength(examples)
  const firstRows = new Map<TokenizedExample, number>()
  let rowCount = shared
  for (const example of examples) {
    if (firstRows.has(example)) continue
    firstRows.set(example, rowCount)
    rowCount += example.ids.length - shared
  }
  return { shared, firstRows, rowCount }
}

export class FrozenPrefix {
  /** The layer that a batch enters; those below it are frozen. */
  readonly layer: number
  readonly #plan: PrefixPlan
  readonly #rows: ActivationRows
  readonly #width: number
  readonly #held = new Set<TokenizedExample>()

  constructor(layer: number, plan: PrefixPlan, rows: ActivationRows, width: number) {
    this.layer = layer
    this.#plan = plan
    this.#rows = rows
    this.#width = width
  }

  /** Keeps the hidden states `x [N, H]` before `layer` of a batch of planned examples. */
  keep(batch: Batch, x: Float32Array): void {
    for (const { row, place, count } of this.#stretches(batch)) {
      this.#rows.write(row, x.subarray(place * this.#width, (place + count) * this.#width))
    }
    for (const { example } of batch.spans) this.#held.add(example)
  }

  /** Where the batch enters the layers; null where it has tokens that aren't held. Zeros stand in the padding. */
  enter(batch: Batch): StackEntry | null {
    if (batch.spans.length === 0 || batch.spans.some(({ example }) => !this.#held.has(example))) return null
    const x = new Float32Array(batch.ids.length * this.#width)
    for (const { row, place, count } of this.#stretches(batch)) {
      this.#rows.read(row, x.subarray(place * this.#width, (place + count) * this.#width))
    }
    return { layer: this.layer, x }
  }

  /** Tokens that stand side by side both in the batch and in the rows. */
  *#stretches(batch: Batch): Generator<{ row: number; place: number; count: number }> {
    const { shared, firstRows } = this.#plan
    for (const { example, from, to, place } of batch.spans) {
      const border = Math.min(Math.max(from, shared), to)
      if (border > from) yield { row: from, place, count: border - from }
      const first = firstRows.get(example)
      if (first === undefined) throw new TypeError(`The example ${example.id} was not planned.`)
      if (to > border)
        yield { row: first + border - shared, place: place + border - from, count: to - border }
    }
  }
}
