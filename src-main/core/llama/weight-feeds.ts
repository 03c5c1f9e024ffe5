/** Stored weights as what a graph is fed with, in the form that the runtime multiplies with. */
import type { Feeds, Runtime, Tensor } from '../graph/runtime.ts'
import type { BlockFormat } from './lower-linear.ts'
import type { WeightSource } from './weight-source.ts'

/** A tensor `[rows, …]`, or some of its rows. */
export interface StoredPart {
  /** Its name in the checkpoint. */
  readonly stored: string
  readonly shape: readonly number[]
  readonly firstRow?: number
}

export interface WeightFeeds {
  /** Under the names that `weightInput` gives: `name`, or `name.quants`, `name.scales` and `name.offsets`. */
  readonly feeds: Feeds
  readonly format: BlockFormat
}

/** Gives graphs the weights that they take, in the form that the runtime multiplies with. */
export class WeightFeeder {
  readonly #runtime: Runtime
  readonly #weights: WeightSource
  /** What was put into the device's memory, by its place in the checkpoint. */
  readonly #put = new Map<string, Tensor>()
  #freeBytes: number

  constructor(runtime: Runtime, weights: WeightSource) {
    this.#runtime = runtime
    this.#weights = weights
    this.#freeBytes = runtime.deviceMemory?.weightBytes ?? 0
  }

  /**
   * Blocks as they are stored where the runtime multiplies with them, else float32 numbers: in the device's memory,
   * as far as that goes, or read into the array that `buffer` gives.
   */
  async feeds(
    name: string,
    { stored, shape, firstRow = 0 }: StoredPart,
    buffer: (length: number) => Float32Array,
  ): Promise<WeightFeeds> {
    const { blockArithmetic, deviceMemory } = this.#runtime
    const blocks = blockArithmetic === null ? null : this.#weights.blocks(stored, firstRow, shape[0] ?? 0)
    if (blocks !== null) {
      const { bits, quants, scales, offsets } = blocks
      const feeds = { [`${name}.quants`]: quants, [`${name}.scales`]: scales }
      return {
        feeds: offsets === null ? feeds : { ...feeds, [`${name}.offsets`]: offsets },
        format: { bits, hasOffsets: offsets !== null },
      }
    }
    const key = `${stored} ${firstRow} ${shape[0] ?? 0}`
    const put = this.#put.get(key)
    if (put !== undefined) return { feeds: { [name]: put }, format: null }
    const data = buffer(shape.reduce((a, b) => a * b, 1))
    this.#weights.read(stored, data, firstRow)
    const tensor = { data, shape }
    if (deviceMemory === null || data.byteLength > this.#freeBytes)
      return { feeds: { [name]: tensor }, format: null }
    const resident = await deviceMemory.put(tensor, 'half')
    this.#freeBytes -= resident.dtype === 'float16' ? data.byteLength / 2 : data.byteLength
    this.#put.set(key, resident)
    return { feeds: { [name]: resident }, format: null }
  }

  /** Frees the device's memory; from now on weights are fed to each run. */
  keepNothing(): void {
    this.release()
    this.#freeBytes = 0
  }

  release(): void {
    for (const tensor of this.#put.values()) tensor.release?.()
    this.#put.clear()
  }
}

/** Tells formats apart, in a word. */
export function formatName(format: BlockFormat): string {
  return format === null ? 'float32' : `${format.bits}${format.hasOffsets ? '+' : ''}`
}
