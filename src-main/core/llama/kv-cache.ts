import { type Feeds, float32Data, type Results } from '../graph/runtime.ts'
import { capacityFor, copyRows } from './cache-rows.ts'
import type { LlamaConfig } from './config.ts'

/** What a decoder remembers of the tokens that it read, wherever that is kept. */
export interface TokenCache {
  readonly tokens: readonly number[]
  readonly length: number
  /** Places that the graph is fed with, filled or not. */
  readonly capacity: number
  /** The place of the first token; the others follow it. */
  readonly firstPlace: number
  /** Of the memory that it takes. */
  readonly bytes: number
  /** Forgets all tokens from place `length` on. */
  truncate(length: number): void
  /** Another cache with the first `length` tokens of this one. */
  copy(length: number): TokenCache
  /** The inputs of the decoder graph. */
  feeds(): Promise<Feeds>
  /** Adds the tokens that a run of the decoder graph read, from its results. */
  append(tokens: readonly number[], results: Results): void
  /** Gives the memory back; the cache is not to be used any more. */
  release(): void
}

/**
 * Keys and values of the tokens seen so far, one row: of each layer `keys [K, D, C]` and `values [K, C, D]`, of
 * which the first `length` of `C` places are filled. Graphs take them as inputs and give only the new ones out.
 */
export class KvCache implements TokenCache {
  readonly firstPlace = 0
  readonly #config: LlamaConfig
  readonly #tokens: number[] = []
  #capacity = 0
  #keys: Float32Array[]
  #values: Float32Array[]

  constructor(config: LlamaConfig) {
    this.#config = config
    this.#keys = Array.from({ length: config.layerCount }, () => new Float32Array(0))
    this.#values = this.#keys.slice()
  }

  /** The tokens whose keys and values these are. */
  get tokens(): readonly number[] {
    return this.#tokens
  }

  get length(): number {
    return this.#tokens.length
  }

  get capacity(): number {
    return this.#capacity
  }

  get bytes(): number {
    return bytesOfToken(this.#config) * this.#capacity
  }

  truncate(length: number): void {
    this.#tokens.length = Math.min(this.length, length)
  }

  copy(length: number): KvCache {
    const { kvHeadCount: K, headDim: D } = this.#config
    const copied = new KvCache(this.#config)
    const [before, after] = [this.#capacity, capacityFor(length)]
    copied.#keys = this.#keys.map((keys) => resize(keys, K * D, before, after, length))
    copied.#values = this.#values.map((values) => resize(values, K, before * D, after * D, length * D))
    copied.#capacity = after
    copied.#tokens.push(...this.#tokens.slice(0, length))
    return copied
  }

  async feeds(): Promise<Feeds> {
    const { kvHeadCount: K, headDim: D } = this.#config
    const C = this.#capacity
    return Object.fromEntries([
      ...this.#keys.map((data, layer) => [`keys.${layer}`, { data, shape: [K, D, C] }] as const),
      ...this.#values.map((data, layer) => [`values.${layer}`, { data, shape: [K, C, D] }] as const),
    ])
  }

  /** Of `count` tokens: newKeys `[L, K, D, count]`, newValues `[L, K, count, D]`. */
  append(tokens: readonly number[], results: Results): void {
    const newKeys = float32Data(results['newKeys'], 'newKeys')
    const newValues = float32Data(results['newValues'], 'newValues')
    const [length, count] = [this.length, tokens.length]
    this.#reserve(length + count)
    const { kvHeadCount: K, headDim: D } = this.#config
    const C = this.#capacity
    this.#keys.forEach((keys, layer) => {
      for (let row = 0; row < K * D; row++) {
        const from = (layer * K * D + row) * count
        keys.set(newKeys.subarray(from, from + count), row * C + length)
      }
    })
    this.#values.forEach((values, layer) => {
      for (let head = 0; head < K; head++) {
        const from = (layer * K + head) * count * D
        values.set(newValues.subarray(from, from + count * D), (head * C + length) * D)
      }
    })
    this.#tokens.push(...tokens)
  }

  /** The garbage collector does it. */
  release(): void {}

  #reserve(length: number): void {
    if (length <= this.#capacity) return
    const { kvHeadCount: K, headDim: D } = this.#config
    const [before, after] = [this.#capacity, capacityFor(length)]
    this.#keys = this.#keys.map((keys) => resize(keys, K * D, before, after, before))
    this.#values = this.#values.map((values) => resize(values, K, before * D, after * D, before * D))
    this.#capacity = after
  }
}

/** Of one token's keys and values. */
export function bytesOfToken({ layerCount, kvHeadCount, headDim }: LlamaConfig): number {
  return 2 * layerCount * kvHeadCount * headDim * Float32Array.BYTES_PER_ELEMENT
}

/** Rows of `before` numbers as rows of `after`, with the first `count` numbers of each. */
function resize(
  data: Float32Array,
  rows: number,
  before: number,
  after: number,
  count: number,
): Float32Array {
  const resized = new Float32Array(rows * after)
  copyRows(data, before, resized, after, rows, count)
  return resized
}

/** How many tokens two texts have in common from their beginning. */
export function commonLength(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length)
  let common = 0
  while (common < most && a[common] === b[common]) common++
  return common
}
