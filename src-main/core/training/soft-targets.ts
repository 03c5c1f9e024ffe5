import type { Batch } from './batch.ts'
import type { SoftTarget } from './output-loss.ts'
import type { TokenizedExample } from './packing.ts'

/** Of examples that follow the base model: the target at each of their tokens that predicts a scored one. */
export class SoftTargets {
  readonly #known = new Map<TokenizedExample, Map<number, SoftTarget>>()

  /** Keeps a target for each of the batch's labelled places. */
  keep(batch: Batch, places: Int32Array, targets: readonly SoftTarget[]): void {
    for (const { row, example, token } of tokensAt(batch, places)) {
      const known = this.#known.get(example) ?? new Map<number, SoftTarget>()
      this.#known.set(example, known)
      const target = targets[row]
      if (target !== undefined) known.set(token, target)
    }
  }

  /** The targets by which of the places they belong to. */
  at(batch: Batch, places: Int32Array): ReadonlyMap<number, SoftTarget> {
    const found = new Map<number, SoftTarget>()
    if (this.#known.size === 0) return found
    for (const { row, example, token } of tokensAt(batch, places)) {
      const target = this.#known.get(example)?.get(token)
      if (target !== undefined) found.set(row, target)
    }
    return found
  }
}

/** Which token of which example stands at each place; several do where examples share their beginning. */
function* tokensAt({ spans }: Batch, places: Int32Array) {
  for (const { example, from, to, place } of spans) {
    for (const [row, labelled] of places.entries()) {
      const token = labelled - place + from
      if (token >= from && token < to) yield { row, example, token }
    }
  }
}
