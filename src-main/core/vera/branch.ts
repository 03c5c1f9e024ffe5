/** What an adapter adds to one linear layer, as a product of two matrices: `W' = W + B A`. */
import { GraphBuilder } from '../graph/builder.ts'
import type { Graph } from '../graph/graph.ts'
import * as op from '../graph/operators.ts'
import { type PartName, sitePart, type VeraSite } from './layout.ts'
import type { Projections } from './projections.ts'

export interface Branch {
  readonly rank: number
  /** `[rank, inFeatures]`; VeRA: λ_d ⊙ A, rows scaled. */
  readonly A: Float32Array
  /** `[outFeatures, rank]`; VeRA: λ_b ⊙ B, rows scaled; LoRA: with its scale. */
  readonly B: Float32Array
}

/**
 * @param vectors the flat vector of the layout
 * @param projections VeRA's; null for LoRA
 * @returns null where only the bias is trained
 */
export function branchOf(
  site: VeraSite,
  vectors: Float32Array,
  projections: Projections | null,
): Branch | null {
  const { rank, inFeatures, outFeatures, scale } = site
  if (rank === 0) return null
  const part = (name: PartName): Float32Array => trainedPart(site, vectors, name)
  if (projections === null) {
    return { rank, A: part('lora_A'), B: part('lora_B').map((value) => value * scale) }
  }
  return {
    rank,
    A: scaledRows(projections.columnsOfA(inFeatures, rank), part('lambda_d'), inFeatures),
    B: scaledRows(projections.rowsOfB(outFeatures, rank), part('lambda_b'), rank),
  }
}

/** A site's part as a view of the flat vector; empty where it has none of that name. */
export function trainedPart(site: VeraSite, vectors: Float32Array, name: PartName): Float32Array {
  const { start, length } = sitePart(site, name) ?? { start: 0, length: 0 }
  return vectors.subarray(start, start + length)
}

/** `factors ⊙ rows`, the rows being `width` long. */
function scaledRows(rows: Float32Array, factors: Float32Array, width: number): Float32Array {
  return rows.map((value, i) => value * (factors[Math.floor(i / width)] ?? 0))
}

/** Inputs `W [rows, in]`, `B [rows, rank]`, `A [rank, in]`, of any sizes; output `merged [rows, in]`. */
export function mergeGraph(): Graph {
  const g = new GraphBuilder('merge')
  const W = g.input('W', 'float32', ['rows', 'in'])
  const B = g.input('B', 'float32', ['rows', 'rank'])
  const A = g.input('A', 'float32', ['rank', 'in'])
  g.output(op.add(g, W, op.matMul(g, B, A)), 'merged')
  return g.finish()
}
