/**
 * VeRA's frozen random matrices: one pair for a whole model, made again from a key whenever they are needed.
 *
 * Source: Kopiczko et al., arXiv 2310.11454, section 3.2; seeding and order of draws as PEFT's `VeraModel`.
 */
import { kaimingUniform } from './kaiming.ts'
import { TorchGenerator } from './random.ts'

export interface ProjectionShape {
  /** PEFT's `projection_prng_key`: an integer, only its value modulo 2^32 counts. */
  readonly key: number
  readonly rank: number
  /** The largest in and out features over the adapted layers; a layer uses the slice of its own size. */
  readonly maxIn: number
  readonly maxOut: number
}

export interface Projections {
  /** [rank, maxIn], row-major. */
  readonly A: Float32Array
  /** [maxOut, rank], row-major. */
  readonly B: Float32Array
  /** `A[:, :inFeatures]` as a matrix of its own, [rank, inFeatures]; made once a size. */
  columnsOfA(inFeatures: number): Float32Array
  /** `B[:outFeatures, :]`, [outFeatures, rank]: a view, as rows are contiguous. */
  rowsOfB(outFeatures: number): Float32Array
}

/** A and B of a key and shape, bit-equal to PEFT's: Kaiming uniform, A drawn first, B from the same stream. */
export function projections(shape: ProjectionShape): Projections {
  const generator = new TorchGenerator(shape.key)
  const A = kaimingUniform(generator, shape.rank, shape.maxIn)
  const B = kaimingUniform(generator, shape.maxOut, shape.rank)
  return projectionsOf(shape.rank, A, B)
}

/** Projections that are given, as an adapter file may store them: A [rank, maxIn], B [maxOut, rank]. */
export function projectionsOf(rank: number, A: Float32Array, B: Float32Array): Projections {
  const maxIn = A.length / rank
  const columns = new Map<number, Float32Array>([[maxIn, A]])
  return {
    A,
    B,
    columnsOfA(inFeatures) {
      const known = columns.get(inFeatures)
      if (known !== undefined) return known
      const slice = new Float32Array(rank * inFeatures)
      for (let row = 0; row < rank; row++) {
        slice.set(A.subarray(row * maxIn, row * maxIn + inFeatures), row * inFeatures)
      }
      columns.set(inFeatures, slice)
      return slice
    },
    rowsOfB: (outFeatures) => B.subarray(0, outFeatures * rank),
  }
}
