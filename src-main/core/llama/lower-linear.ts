import type { GraphBuilder } from '../graph/builder.ts'
import { type Graph, graphFailure, intAttribute, stringAttribute, type Value } from '../graph/graph.ts'
import * as op from '../graph/operators.ts'
import { rewrite } from '../graph/rewrite.ts'
import { splitBytes } from './split-bytes.ts'

/** The weight of a linear layer as values of a graph. */
export type LinearWeight =
  | {
      readonly kind: 'matrix'
      /** `[out, in]`, float32 */
      readonly matrix: Value
    }
  | {
      readonly kind: 'blocks'
      readonly bits: number
      /** `[out, in/32, 32·bits/8]`, uint8 */
      readonly quants: Value
      /** `[out, in/32]`, float32 */
      readonly scales: Value
      /** `[out, in/32]`, float32; added to every weight of a block; null for none. */
      readonly offsets: Value | null
    }

export type WeightOf = (g: GraphBuilder, module: string) => LinearWeight

/** Replaces `Linear` and `LinearTransposed` by operators that ONNX Runtime knows, over the given weights. */
export function lowerLinears(graph: Graph, weightOf: WeightOf): Graph {
  const blockSums = new Map<Value, Value>()
  const weights = new Map<string, LinearWeight>()
  return rewrite(graph, (g, node, [x]) => {
    if (node.domain !== op.veranda || x === undefined) return null
    const module = stringAttribute(node, 'module')
    const weight = weights.get(module) ?? weightOf(g, module)
    weights.set(module, weight)
    if (weight.kind === 'matrix') return op.gemm(g, x, weight.matrix, { b: node.op === 'Linear' })
    if (node.op !== 'Linear')
      throw graphFailure(`The weight of ${module} is in blocks: it can't be transposed.`)
    const format = { rows: intAttribute(node, 'outFeatures'), columns: intAttribute(node, 'inFeatures') }
    const withOffsets = (product: Value, offsets: Value | null): Value => {
      if (offsets === null) return product
      // A block's offset meets the sum of its 32 inputs; q, k and v share those sums, and so do gate and up.
      const sums = blockSums.get(x) ?? sumBlocks(g, x, format.columns)
      blockSums.set(x, sums)
      return op.add(g, product, op.gemm(g, sums, offsets, { b: true }))
    }
    if (weight.bits === 4) {
      const product = op.matMulBlocks(g, x, weight.quants, weight.scales, format)
      return withOffsets(product, weight.offsets)
    }
    const split = splitBytes(g, weight.quants, weight.scales)
    const [high, low] = [split.high, split.low].map(({ quants, scales }) =>
      op.matMulBlocks(g, x, quants, scales, format),
    )
    if (high === undefined || low === undefined) throw graphFailure(`${module} has no halves.`)
    return withOffsets(withOffsets(op.add(g, high, low), split.offsets), weight.offsets)
  })
}

/** x `[N, in]` → `[N, in/32]` */
function sumBlocks(g: GraphBuilder, x: Value, columns: number): Value {
  const rows = inputRows(x)
  const blocks = op.reshape(g, x, [rows, columns / 32, 32])
  return op.reshape(g, op.reduceSum(g, blocks, [2]), [rows, columns / 32])
}

function inputRows(x: Value): number | string {
  const [rows] = x.shape
  if (rows === undefined) throw graphFailure(`"${x.name}" has no rows.`)
  return rows
}
