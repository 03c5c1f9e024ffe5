import { type Feeds, float32Data, type Results } from '../graph/runtime.ts'
import { capacityFor, copyRows } from './cache-rows.ts'
import type { LlamaConfig } from './config.ts'
import type { KvCache } from './kv-cache.ts'

/**
 * The keys and values of several texts side by side, for `stepGraph`: of each layer `keys [N·K, D, C]` and `values
 * [N·K, C, D]`. Row n is text n; texts come and go between two steps.
 */
export class BatchCache {
  readonly #config: LlamaConfig
  /** Of each row, its tokens. */
  readonly #lengths: number[] = []
  /** Rows and places there is memory for. */
  #rows = 0
  #capacity = 0
  #keys: Float32Array[]
  #values: Float32Array[]

  constructor(config: LlamaConfig) {
    this.#config = config
    this.#keys = Array.from({ length: config.layerCount }, () => new Float32Array(0))
    this.#values = this.#keys.slice()
  }

  get lengths(): readonly number[] {
    return this.#lengths
  }

  get capacity(): number {
    return this.#capacity
  }

  /** Adds a row, the last one, with what a cache holds. */
  async add(cache: KvCache): Promise<void> {
    const { kvHeadCount: K, headDim: D } = this.#config
    const [row, length] = [this.#lengths.length, cache.length]
    this.#reserve(row + 1, length)
    const feeds = await cache.feeds()
    for (const [layer, [keys, values]] of this.#layers()) {
      const from = { keys: feeds[`keys.${layer}`], values: feeds[`values.${layer}`] }
      const [oldKeys, oldValues] = [float32Data(from.keys, 'keys'), float32Data(from.values, 'values')]
      copyRows(
        oldKeys,
        cache.capacity,
        keys.subarray(row * K * D * this.#capacity),
        this.#capacity,
        K * D,
        length,
      )
      const [before, after] = [cache.capacity * D, this.#capacity * D]
      copyRows(oldValues, before, values.subarray(row * K * after), after, K, length * D)
    }
    this.#lengths.push(length)
  }

  /** Drops a row; the last one takes its place. */
  remove(row: number): void {
    const last = this.#lengths.pop()
    if (this.#lengths.length === 0) this.#release()
    if (last === undefined || row === this.#lengths.length) return
    this.#lengths[row] = last
    const size = this.#config.kvHeadCount * this.#config.headDim * this.#capacity
    for (const [, arrays] of this.#layers()) {
      for (const data of arrays)
        data.copyWithin(row * size, this.#lengths.length * size, (this.#lengths.length + 1) * size)
    }
  }

  /** What a row holds from place `start` on, as `KvCache.append` takes it. */
  taken(row: number, start: number): Results {
    const { layerCount: L, kvHeadCount: K, headDim: D } = this.#config
    const C = this.#capacity
    const count = (this.#lengths[row] ?? 0) - start
    const newKeys = new Float32Array(L * K * D * count)
    const newValues = new Float32Array(L * K * D * count)
    for (const [layer, [keys, values]] of this.#layers()) {
      const at = layer * K * D * count
      copyRows(keys.subarray(row * K * D * C + start), C, newKeys.subarray(at), count, K * D, count)
      copyRows(
        values.subarray((row * K * C + start) * D),
        C * D,
        newValues.subarray(at),
        count * D,
        K,
        count * D,
      )
    }
    return {
      newKeys: { data: newKeys, shape: [L, K, D, count] },
      newValues: { data: newValues, shape: [L, K, count, D] },
    }
  }

  /** The inputs of the step graph, after making room for one token more in each row. */
  feeds(): Feeds {
    const { kvHeadCount: K, headDim: D } = this.#config
    const rows = this.#lengths.length
    this.#reserve(rows, Math.max(0, ...this.#lengths) + 1)
    const C = this.#capacity
    const feeds: Record<string, { data: Float32Array; shape: readonly number[] }> = {}
    for (const [layer, [keys, values]] of this.#layers()) {
      feeds[`keys.${layer}`] = { data: keys.subarray(0, rows * K * D * C), shape: [rows * K, D, C] }
      feeds[`values.${layer}`] = { data: values.subarray(0, rows * K * C * D), shape: [rows * K, C, D] }
    }
    return feeds
  }

  /** Adds the one token of each row that a step read, from its results. */
  append(results: Results): void {
    const { kvHeadCount: K, headDim: D } = this.#config
    const [C, rows] = [this.#capacity, this.#lengths.length]
    const newKeys = float32Data(results['newKeys'], 'newKeys')
    const newValues = float32Data(results['newValues'], 'newValues')
    for (const [layer, [keys, values]] of this.#layers()) {
      this.#lengths.forEach((length, row) => {
        const from = (layer * rows + row) * K * D
        for (let i = 0; i < K * D; i++) keys[(row * K * D + i) * C + length] = newKeys[from + i] ?? 0
        for (let head = 0; head < K; head++) {
          const value = newValues.subarray(from + head * D, from + (head + 1) * D)
          values.set(value, ((row * K + head) * C + length) * D)
        }
      })
    }
    this.#lengths.forEach((length, row) => (this.#lengths[row] = length + 1))
  }

  *#layers(): Generator<
    readonly [layer: number, arrays: readonly [keys: Float32Array, values: Float32Array]]
  > {
    for (const [layer, keys] of this.#keys.entries()) {
      yield [layer, [keys, this.#values[layer] ?? new Float32Array(0)]]
    }
  }

  #release(): void {
    this.#rows = 0
    this.#capacity = 0
    this.#keys = this.#keys.map(() => new Float32Array(0))
    this.#values = this.#keys.slice()
  }

  #reserve(rows: number, length: number): void {
    if (rows <= this.#rows && length <= this.#capacity) return
    const { kvHeadCount: K, headDim: D } = this.#config
    const [before, after] = [this.#capacity, Math.max(this.#capacity, capacityFor(length))]
    this.#rows = Math.max(this.#rows, 2 ** Math.ceil(Math.log2(rows)))
    const used = this.#lengths.length
    const resized = (data: Float32Array, count: number, from: number, to: number): Float32Array => {
      const larger = new Float32Array(this.#rows * count * to)
      copyRows(data, from, larger, to, used * count, from)
      return larger
    }
    this.#keys = this.#keys.map((keys) => resized(keys, K * D, before, after))
    this.#values = this.#values.map((values) => resized(values, K, before * D, after * D))
    this.#capacity = after
  }
}
