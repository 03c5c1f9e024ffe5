import type { Feeds } from '../graph/runtime.ts'
import type { LlamaConfig } from './config.ts'

/** Capacity grows by this many tokens, so that attention never looks at many empty places. */
const growth = 128

/**
 * Keys and values of the tokens seen so far, one row: of each layer `keys [K, D, C]` and `values [K, C, D]`, of
 * which the first `length` of `C` places are filled. Graphs take them as inputs and give only the new ones out.
 */
export class KvCache {
  readonly #config: LlamaConfig
  #capacity = 0
  #length = 0
  #keys: Float32Array[]
  #values: Float32Array[]

  constructor(config: LlamaConfig) {
    this.#config = config
    this.#keys = Array.from({ length: config.layerCount }, () => new Float32Array(0))
    this.#values = this.#keys.slice()
  }

  get length(): number {
    return this.#length
  }

  get capacity(): number {
    return this.#capacity
  }

  /** Forgets all tokens from place `length` on. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length)
  }

  /** The inputs of the decoder graph. */
  feeds(): Feeds {
    const { kvHeadCount: K, headDim: D } = this.#config
    const C = this.#capacity
    return Object.fromEntries([
      ...this.#keys.map((data, layer) => [`keys.${layer}`, { data, shape: [K, D, C] }] as const),
      ...this.#values.map((data, layer) => [`values.${layer}`, { data, shape: [K, C, D] }] as const),
    ])
  }

  /** Adds `count` tokens: newKeys `[L, K, D, count]`, newValues `[L, K, count, D]`. */
  append(newKeys: Float32Array, newValues: Float32Array, count: number): void {
    this.#reserve(this.#length + count)
    const { kvHeadCount: K, headDim: D } = this.#config
    const C = this.#capacity
    this.#keys.forEach((keys, layer) => {
      for (let row = 0; row < K * D; row++) {
        const from = (layer * K * D + row) * count
        keys.set(newKeys.subarray(from, from + count), row * C + this.#length)
      }
    })
    this.#values.forEach((values, layer) => {
      for (let head = 0; head < K; head++) {
        const from = (layer * K + head) * count * D
        values.set(newValues.subarray(from, from + count * D), (head * C + this.#length) * D)
      }
    })
    this.#length += count
  }

  #reserve(length: number): void {
    if (length <= this.#capacity) return
    const { kvHeadCount: K, headDim: D } = this.#config
    const [before, after] = [this.#capacity, Math.ceil(length / growth) * growth]
    this.#keys = this.#keys.map((keys) => widen(keys, K * D, before, after))
    this.#values = this.#values.map((values) => widen(values, K, before * D, after * D))
    this.#capacity = after
  }
}

/** Rows of `before` numbers as rows of `after`. */
function widen(data: Float32Array, rows: number, before: number, after: number): Float32Array {
  const wider = new Float32Array(rows * after)
  for (let row = 0; row < rows; row++) wider.set(data.subarray(row * before, (row + 1) * before), row * after)
  return wider
}
