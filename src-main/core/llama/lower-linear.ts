import type { GraphBuilder } from '../graph/builder.ts'
import {
  type Dim,
  type Graph,
  graphFailure,
  intAttribute,
  stringAttribute,
  type Value,
} from '../graph/graph.ts'
import * as op from '../graph/operators.ts'
import { rewrite } from '../graph/rewrite.ts'
import type { BlockArithmetic } from '../graph/runtime.ts'
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

/** How a matrix is stored, as far as graphs over it differ; null: as float32. */
export type BlockFormat = { readonly bits: 4 | 8; readonly hasOffsets: boolean } | null

/** The weight of a linear layer `[out, in]` as inputs of a graph: `name`, or its parts, see `WeightFeeds`. */
export function weightInput(
  g: GraphBuilder,
  name: string,
  [out, columns]: readonly [Dim, number],
  format: BlockFormat,
): LinearWeight {
  if (format === null) return { kind: 'matrix', matrix: g.input(name, 'float32', [out, columns]) }
  const floats = (part: string): Value => g.input(`${name}.${part}`, 'float32', [out, columns / 32])
  return {
    kind: 'blocks',
    bits: format.bits,
    quants: g.input(`${name}.quants`, 'uint8', [out, columns / 32, 4 * format.bits]),
    scales: floats('scales'),
    offsets: format.hasOffsets ? floats('offsets') : null,
  }
}

export type WeightOf = (g: GraphBuilder, module: string) => LinearWeight

const linears = new Set(['Linear', 'LinearTransposed'])

/**
 * Replaces `Linear` and `LinearTransposed` by operators that the runtime knows, over the given weights: for blocks
 * `BlockLinear` in the given arithmetic, or, without one, what ONNX Runtime brings along.
 */
export function lowerLinears(
  graph: Graph,
  weightOf: WeightOf,
  arithmetic: BlockArithmetic | null = null,
): Graph {
  const blockSums = new Map<Value, Value>()
  const weights = new Map<string, LinearWeight>()
  return rewrite(graph, (g, node, inputs) => {
    const [x] = inputs
    if (!linears.has(node.op) || x === undefined) return null
    const module = stringAttribute(node, 'module')
    const weight = weights.get(module) ?? weightOf(g, module)
    weights.set(module, weight)
    const update = op.updateOf(inputs)
    const updated = (product: Value): Value => (update === null ? product : addUpdate(g, product, update))
    if (weight.kind === 'matrix') return updated(op.gemm(g, x, weight.matrix, { b: node.op === 'Linear' }))
    const format = { rows: intAttribute(node, 'outFeatures'), columns: intAttribute(node, 'inFeatures') }
    const transposed = node.op !== 'Linear'
    if (arithmetic !== null) {
      // The operator takes one adapter's vectors, not a row's own.
      const fused = update?.lambdaB?.shape.length === 2 ? null : update
      const product = op.blockLinear(g, x, weight, { ...format, transposed, arithmetic }, fused)
      return fused === update ? product : updated(product)
    }
    if (transposed) throw graphFailure(`The weight of ${module} is in blocks: it can't be transposed.`)
    const withOffsets = (product: Value, offsets: Value | null): Value => {
      if (offsets === null) return product
      // A block's offset meets the sum of its 32 inputs; q, k and v share those sums, and so do gate and up.
      const sums = blockSums.get(x) ?? sumBlocks(g, x, format.columns)
      blockSums.set(x, sums)
      return op.add(g, product, op.gemm(g, sums, offsets, { b: true }))
    }
    if (weight.bits === 4) {
      const product = op.matMulBlocks(g, x, weight.quants, weight.scales, format)
      return updated(withOffsets(product, weight.offsets))
    }
    const split = splitBytes(g, weight.quants, weight.scales)
    const [high, low] = [split.high, split.low].map(({ quants, scales }) =>
      op.matMulBlocks(g, x, quants, scales, format),
    )
    if (high === undefined || low === undefined) throw graphFailure(`${module} has no halves.`)
    return updated(withOffsets(withOffsets(op.add(g, high, low), split.offsets), weight.offsets))
  })
}

function addUpdate(g: GraphBuilder, product: Value, { z, lambdaD, B, lambdaB }: op.LowRankUpdate): Value {
  const delta = op.gemm(g, op.mul(g, z, lambdaD), B, { b: true })
  return op.add(g, product, lambdaB === null ? delta : op.mul(g, delta, lambdaB))
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
