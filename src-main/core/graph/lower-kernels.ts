import type { GraphBuilder } from './builder.ts'
import { floatAttribute, type Graph, graphFailure, intAttribute, type Node, type Value } from './graph.ts'
import * as op from './operators.ts'
import { rewrite } from './rewrite.ts'
import type { BlockArithmetic } from './runtime.ts'

/** Those of ours that the native runtime has too, as ONNX Runtime's operators. */
const plain: Readonly<Record<string, (g: GraphBuilder, node: Node, inputs: readonly Value[]) => Value>> = {
  Project: (g, _node, [x, A]) => op.gemm(g, given(x), given(A), { b: true }),
  ProjectTransposed: (g, _node, [z, M, scales]) => {
    if (scales === undefined) return op.gemm(g, given(z), given(M))
    const column = op.reshape(g, scales, [...scales.shape, 1])
    return op.gemm(g, given(z), op.mul(g, given(M), column))
  },
  /** `Σ dy ⊙ (z · Mᵀ)` is the row sums of `M ⊙ (dyᵀ z)`. */
  ProjectDots: (g, node, [dy, z, M]) => {
    const correlation = op.gemm(g, given(dy), given(z), { a: true })
    return op.reshape(g, op.reduceSum(g, op.mul(g, correlation, given(M)), [1]), node.output.shape)
  },
  RotaryEmbedding: (g, node, [x, cos, sin]) => {
    const { shape } = node.output
    const rotated = op.plainRotaryEmbedding(g, op.reshape(g, given(x), [1, ...shape]), given(cos), given(sin))
    const scale = floatAttribute(node, 'scale')
    const flat = op.reshape(g, rotated, shape)
    return scale === 1 ? flat : op.mul(g, flat, g.float32(scale))
  },
  SwiGlu: (g, _node, [gate, up]) => op.mul(g, silu(g, given(gate)), given(up)),
  /** By gate: dy ⊙ up ⊙ (σ + silu · (1 − σ)), σ = σ(gate). */
  SwiGluGradient: (g, node, [gate, up, dy]) => {
    if (intAttribute(node, 'of') === 1) return op.mul(g, given(dy), silu(g, given(gate)))
    const sigmoid = op.sigmoid(g, given(gate))
    const rest = op.sub(g, g.float32(1), sigmoid)
    const slope = op.add(g, sigmoid, op.mul(g, op.mul(g, given(gate), sigmoid), rest))
    return op.mul(g, op.mul(g, given(dy), given(up)), slope)
  },
  /** With r = 1 / sqrt(mean(x²) + ε): r · s − x · r³ · mean(s ⊙ x), where s = dy ⊙ scale. */
  RmsNormGradient: (g, node, [x, scale, dy]) => {
    const r = inverseRootMeanSquare(g, given(x), floatAttribute(node, 'epsilon'))
    const normalized = op.mul(g, given(x), r)
    const s = op.mul(g, given(dy), given(scale))
    return op.mul(g, r, op.sub(g, s, op.mul(g, normalized, mean(g, op.mul(g, s, normalized)))))
  },
}

/** Faster than what ONNX Runtime has only where their factors are rounded. */
const onlyRounded: readonly string[] = ['ProjectTransposed', 'ProjectDots']

/**
 * Replaces ours by the native runtime's operators of the same names, which multiply in the given arithmetic, or by what
 * ONNX Runtime brings along.
 */
export function lowerKernels(graph: Graph, arithmetic: BlockArithmetic | null): Graph {
  return rewrite(graph, (g, node, inputs) => {
    const lower = node.domain === op.veranda ? plain[node.op] : undefined
    if (lower === undefined) return null
    const rounded = onlyRounded.includes(node.op)
    if (arithmetic === null || (rounded && arithmetic !== 'int8')) return lower(g, node, inputs)
    const attributes = rounded
      ? { ...node.attributes, bits: op.int(op.arithmeticBits[arithmetic]) }
      : node.attributes
    return g.add(node.op, inputs, { domain: op.verandaKernels, attributes })
  })
}

/** x `[…, H]` → `[…, 1]`. Computed anew for gradients: the norm's own second output is wrong on WebGPU. */
export function inverseRootMeanSquare(g: GraphBuilder, x: Value, epsilon: number): Value {
  const variance = op.add(g, mean(g, op.mul(g, x, x)), g.float32(epsilon))
  return op.reciprocal(g, op.sqrt(g, variance))
}

/** Over the last axis, which stays with size 1. */
function mean(g: GraphBuilder, x: Value): Value {
  const lastAxis = x.shape.length - 1
  const size = x.shape[lastAxis]
  if (typeof size !== 'number') throw graphFailure(`"${x.name}" has no known width to take the mean over.`)
  return op.mul(g, op.reduceSum(g, x, [lastAxis]), g.float32(1 / size))
}

function silu(g: GraphBuilder, x: Value): Value {
  return op.mul(g, x, op.sigmoid(g, x))
}

function given(value: Value | undefined): Value {
  if (value === undefined) throw graphFailure('An operator lacks an input.')
  return value
}
