import type { GraphBuilder } from '../graph/builder.ts'
import {
  type Dim,
  type Graph,
  graphFailure,
  intAttribute,
  type Node,
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
  const parts = new Map<Value, Part>()
  return rewrite(graph, (g, node, inputs) => {
    const [x] = inputs
    if (node.domain !== op.veranda || x === undefined) return null
    if (node.op === 'Part') return partOf(g, node, x, parts)
    const module = stringAttribute(node, 'module')
    const weight = weights.get(module) ?? weightOf(g, module)
    weights.set(module, weight)
    const update = op.updateOf(inputs)
    const updated = (product: Value): Value => (update === null ? product : op.addUpdate(g, product, update))
    if (weight.kind === 'matrix') return updated(op.gemm(g, x, weight.matrix, { b: node.op === 'Linear' }))
    const format = { rows: intAttribute(node, 'outFeatures'), columns: intAttribute(node, 'inFeatures') }
    const transposed = node.op !== 'Linear'
    if (arithmetic !== null) {
      // The operator takes one adapter's vectors, not a row's own.
      const fused = update?.lambdaB?.shape.length === 2 ? null : update
      const product = blockLinear(g, x, weight, { ...format, transposed, arithmetic }, fused, parts)
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

/** A piece of a vector: where it is. */
interface Part {
  readonly vector: Value
  readonly start: number
}

/** The piece as a value of its own, which no graph computes that doesn't need it. */
function partOf(g: GraphBuilder, node: Node, vector: Value, parts: Map<Value, Part>): Value {
  const start = intAttribute(node, 'start')
  const value = op.slice(g, vector, 0, start, start + Number(node.output.shape[0]))
  parts.set(value, { vector, start })
  return value
}

/** Reads the vectors of an update where they are: a copy of each would cost more than what is done with it. */
function blockLinear(
  g: GraphBuilder,
  x: Value,
  weight: LinearWeight & { readonly kind: 'blocks' },
  format: Parameters<typeof op.blockLinear>[3],
  update: op.LowRankUpdate | null,
  parts: ReadonlyMap<Value, Part>,
): Value {
  if (update === null) return op.blockLinear(g, x, weight, format)
  const where = (value: Value): Part => parts.get(value) ?? { vector: value, start: 0 }
  const lambdaD = where(update.lambdaD)
  const lambdaB = update.lambdaB === null ? null : where(update.lambdaB)
  const read = { ...update, lambdaD: lambdaD.vector, lambdaB: lambdaB?.vector ?? null }
  return op.blockLinear(g, x, weight, format, read, { lambdaD: lambdaD.start, lambdaB: lambdaB?.start ?? 0 })
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
