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
  /** `A[:rank, :inFeatures]` as a matrix of its own, [rank, inFeatures]; made once a size. Its own rank if not given. */
  columnsOfA(inFeatures: number, rank?: number): Float32Array
  /** `B[:outFeatures, :rank]`, [outFeatures, rank]: a view at its own rank, as rows are contiguous. */
  rowsOfB(outFeatures: number, rank?: number): Float32Array
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
  const narrow = new Map<string, Float32Array>()
  return {
    A,
    B,
    columnsOfA(inFeatures, ofRank = rank) {
      const known = columns.get(inFeatures) ?? leftColumns(A, rank, maxIn, inFeatures)
      columns.set(inFeatures, known)
      return ofRank === rank ? known : known.subarray(0, ofRank * inFeatures)
    },
    rowsOfB(outFeatures, ofRank = rank) {
      const rows = B.subarray(0, outFeatures * rank)
      if (ofRank === rank) return rows
      const key = `${outFeatures} ${ofRank}`
      const known = narrow.get(key) ?? leftColumns(rows, outFeatures, rank, ofRank)
      narrow.set(key, known)
      return known
    },
  }
}

/** The first columns of a matrix [rows, columns] as a matrix of its own. */
function leftColumns(matrix: Float32Array, rows: number, columns: number, count: number): Float32Array {
  const slice = new Float32Array(rows * count)
  for (let row = 0; row < rows; row++) {
    slice.set(matrix.subarray(row * columns, row * columns + count), row * count)
  }
  return slice
}
