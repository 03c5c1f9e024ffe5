import type { Feeds } from '../graph/runtime.ts'
import { lambdaInput } from './adapted-linear.ts'
import type { LiveAdapter } from './live-adapter.ts'

/** The vectors of a batch whose rows have adapters of their own, of one layout and one pair of projections. */
export class RowVectors {
  #adapter: LiveAdapter
  #data = new Float32Array(0)
  #rows = 0

  /** @param adapter one of those that may come */
  constructor(adapter: LiveAdapter) {
    this.#adapter = adapter
  }

  /** Adds a row; null is one without an adapter: with vectors of 0 nothing is added to it. */
  add(adapter: LiveAdapter | null): void {
    // Batches that have run empty may be used again with other projections.
    this.#adapter = adapter ?? this.#adapter
    const { length } = this.#adapter.layout
    if (this.#data.length < (this.#rows + 1) * length) {
      const larger = new Float32Array(2 ** Math.ceil(Math.log2(this.#rows + 1)) * length)
      larger.set(this.#data)
      this.#data = larger
    }
    const start = this.#rows++ * length
    if (adapter === null) this.#data.fill(0, start, start + length)
    else this.#data.set(adapter.vectors, start)
  }

  /** Drops a row; the last one takes its place. */
  remove(row: number): void {
    const { length } = this.#adapter.layout
    this.#rows--
    if (this.#rows === 0) this.#data = new Float32Array(0)
    this.#data.copyWithin(row * length, this.#rows * length, (this.#rows + 1) * length)
  }

  feeds(): Feeds {
    const { layout, projectionFeeds } = this.#adapter
    const data = this.#data.subarray(0, this.#rows * layout.length)
    return { ...projectionFeeds, [lambdaInput]: { data, shape: [this.#rows, layout.length] } }
  }
}
