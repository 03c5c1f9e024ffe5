import type { Tensor } from '../graph/runtime.ts'
import type { StoredModel } from './stored-model.ts'

/** A model's weights as float32, read and dequantised when they are asked for. */
export interface WeightSource {
  readonly model: StoredModel
  /**
   * Fills `out` with the elements of tensor `name` (transformers' name) from row `firstRow` on, row-major.
   * `out` must be a whole number of rows long.
   */
  read(name: string, out: Float32Array, firstRow?: number): void
  /** A matrix's rows `firstRow` to `firstRow + rows` as they are stored; null if not in blocks or not to be had. */
  blocks(name: string, firstRow: number, rows: number): BlockTensors | null
}

/** See `StoredWeight`: `w = scale · (q − 2^(bits−1)) + offset` in blocks of 32. */
export interface BlockTensors {
  readonly bits: 4 | 8
  readonly quants: Tensor
  readonly scales: Tensor
  readonly offsets: Tensor | null
}

/** The embeddings of tokens, as they enter the first layer: `[N, H]`. Each different token is read once. */
export function embed(weights: WeightSource, ids: ArrayLike<number>): Float32Array {
  const { hiddenSize, embeddingScale = 1 } = weights.model.config
  const x = new Float32Array(ids.length * hiddenSize)
  const firstPlace = new Map<number, number>()
  for (let n = 0; n < ids.length; n++) {
    const id = ids[n] ?? 0
    const known = firstPlace.get(id)
    if (known === undefined) {
      firstPlace.set(id, n)
      weights.read('model.embed_tokens.weight', x.subarray(n * hiddenSize, (n + 1) * hiddenSize), id)
    } else x.copyWithin(n * hiddenSize, known * hiddenSize, (known + 1) * hiddenSize)
  }
  return embeddingScale === 1 ? x : x.map((value) => value * embeddingScale)
}
