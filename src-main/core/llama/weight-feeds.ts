/** Stored weights as what a graph is fed with, in the form that the runtime multiplies with. */
import type { Feeds, Runtime } from '../graph/runtime.ts'
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

/**
 * Blocks as they are stored where the runtime multiplies with them, else float32 numbers, read into the array that
 * `buffer` gives.
 */
export function weightFeeds(
  runtime: Runtime,
  weights: WeightSource,
  name: string,
  { stored, shape, firstRow = 0 }: StoredPart,
  buffer: (length: number) => Float32Array,
): WeightFeeds {
  const blocks = runtime.blockArithmetic === null ? null : weights.blocks(stored, firstRow, shape[0] ?? 0)
  if (blocks === null) {
    const data = buffer(shape.reduce((a, b) => a * b, 1))
    weights.read(stored, data, firstRow)
    return { feeds: { [name]: { data, shape } }, format: null }
  }
  const { bits, quants, scales, offsets } = blocks
  const feeds = { [`${name}.quants`]: quants, [`${name}.scales`]: scales }
  return {
    feeds: offsets === null ? feeds : { ...feeds, [`${name}.offsets`]: offsets },
    format: { bits, hasOffsets: offsets !== null },
  }
}

/** Tells formats apart, in a word. */
export function formatName(format: BlockFormat): string {
  return format === null ? 'float32' : `${format.bits}${format.hasOffsets ? '+' : ''}`
}
