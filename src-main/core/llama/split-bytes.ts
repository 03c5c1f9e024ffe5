import type { GraphBuilder } from '../graph/builder.ts'
import { graphFailure, type Value } from '../graph/graph.ts'
import * as op from '../graph/operators.ts'

/** Two 4-bit matrices and an offset that add up to an 8-bit one; shapes as in `LinearWeight` of kind `blocks`. */
export interface SplitBlocks {
  readonly high: { readonly quants: Value; readonly scales: Value }
  readonly low: { readonly quants: Value; readonly scales: Value }
  readonly offsets: Value
}

/**
 * Splits 8-bit blocks into their nibbles: with q = 16h + l,
 * `scale · (q − 128) = 16 · scale · (h − 8) + scale · (l − 8) + 8 · scale`, exactly.
 *
 * ONNX Runtime has a float32 kernel for 4-bit weights and none for 8-bit ones, which it would unpack as a whole at
 * every call. All of this is constant: it is computed once, when the graph is loaded.
 *
 * @param quants `[rows, blocks, 32]`, uint8
 * @param scales `[rows, blocks]`
 */
export function splitBytes(g: GraphBuilder, quants: Value, scales: Value): SplitBlocks {
  const [rows, blocks] = quants.shape
  if (rows === undefined || blocks === undefined) throw graphFailure(`"${quants.name}" holds no blocks.`)
  const pairs = op.reshape(g, quants, [rows, blocks, 16, 2])
  const half = (index: number) => op.reshape(g, op.slice(g, pairs, 3, index, index + 1), [rows, blocks, 16])
  const [even, odd] = [half(0), half(1)]
  const [lowMask, highMask, four] = [uint8(g, 0x0f), uint8(g, 0xf0), uint8(g, 4)]
  const low = op.bitwiseOr(
    g,
    op.bitwiseAnd(g, even, lowMask),
    op.bitShift(g, op.bitwiseAnd(g, odd, lowMask), four, 'LEFT'),
  )
  const high = op.bitwiseOr(g, op.bitShift(g, even, four, 'RIGHT'), op.bitwiseAnd(g, odd, highMask))
  return {
    high: { quants: high, scales: op.mul(g, scales, g.float32(16)) },
    low: { quants: low, scales },
    offsets: op.mul(g, scales, g.float32(8)),
  }
}

function uint8(g: GraphBuilder, value: number): Value {
  return g.constant(`uint8_${value}`, 'uint8', [], Uint8Array.of(value))
}
