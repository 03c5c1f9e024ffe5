/**
 * The gradient rules, one an operator: given a node and the gradient of its result, append the nodes that
 * compute the gradients of its inputs. `null` stands for an input that has none (a frozen table, an index).
 */
import type { GraphBuilder } from './builder.ts'
import {
  floatAttribute,
  graphFailure,
  inputOf,
  intAttribute,
  intsAttribute,
  type Node,
  type Shape,
  stringAttribute,
  type Value,
} from './graph.ts'
import { inverseRootMeanSquare } from './lower-kernels.ts'
import * as op from './operators.ts'

export type GradientRule = (g: GraphBuilder, node: Node, gradient: Value) => readonly (Value | null)[]

export const gradientRules: Readonly<Record<string, GradientRule>> = {
  Add: (g, node, dy) => node.inputs.map((x) => sumTo(g, dy, x.shape)),
  Sub: (g, node, dy) => {
    const [a, b] = [inputOf(node, 0), inputOf(node, 1)]
    return [sumTo(g, dy, a.shape), sumTo(g, op.neg(g, dy), b.shape)]
  },
  Mul: (g, node, dy) => {
    const [a, b] = [inputOf(node, 0), inputOf(node, 1)]
    return [sumTo(g, op.mul(g, dy, b), a.shape), sumTo(g, op.mul(g, dy, a), b.shape)]
  },
  Neg: (g, _node, dy) => [op.neg(g, dy)],
  /** y(1 − y) dy */
  Sigmoid: (g, node, dy) => [op.mul(g, dy, op.mul(g, node.output, op.sub(g, g.float32(1), node.output)))],
  /** (1 − y²) dy */
  Tanh: (g, node, dy) => [op.mul(g, dy, op.sub(g, g.float32(1), op.mul(g, node.output, node.output)))],
  /** y ⊙ (dy − Σ dy ⊙ y) */
  Softmax: (g, node, dy) => {
    const lastAxis = node.output.shape.length - 1
    const weighted = op.mul(g, dy, node.output)
    return [op.sub(g, weighted, op.mul(g, node.output, op.reduceSum(g, weighted, [lastAxis])))]
  },
  Reshape: (g, node, dy) => [op.reshape(g, dy, inputOf(node, 0).shape), null],
  Transpose: (g, node, dy) => {
    const perm = intsAttribute(node, 'perm')
    return [
      op.transpose(
        g,
        dy,
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
    ]
  },
  Concat: (g, node, dy) => {
    const axis = intAttribute(node, 'axis')
    let start = 0
    return node.inputs.map((x) => {
      const size = x.shape[axis]
      if (typeof size !== 'number')
        throw graphFailure(`Concat "${node.output.name}" joins parts of unknown size.`)
      start += size
      return op.slice(g, dy, axis, start - size, start)
    })
  },
  /** da = dy · bᵀ, db = aᵀ · dy, over the same batch axes. */
  MatMul: (g, node, dy) => {
    const [a, b] = [inputOf(node, 0), inputOf(node, 1)]
    return [
      sumTo(g, op.matMul(g, dy, swapLastAxes(g, b)), a.shape),
      sumTo(g, op.matMul(g, swapLastAxes(g, a), dy), b.shape),
    ]
  },
  Gemm: (g, node, dy) => {
    const [a, b] = [inputOf(node, 0), inputOf(node, 1)]
    const [transA, transB] = [intAttribute(node, 'transA') === 1, intAttribute(node, 'transB') === 1]
    return [
      transA ? op.gemm(g, b, dy, { a: transB, b: true }) : op.gemm(g, dy, b, { b: !transB }),
      transB ? op.gemm(g, dy, a, { a: true, b: transA }) : op.gemm(g, a, dy, { a: !transA }),
    ]
  },
  Project: (g, node, dy) => [
    op.projectTransposed(g, dy, inputOf(node, 1)),
    op.gemm(g, dy, inputOf(node, 0), { a: true }),
  ],
  Linear: (g, node, dy) => [
    op.linearTransposed(
      g,
      dy,
      stringAttribute(node, 'module'),
      intAttribute(node, 'inFeatures'),
      intAttribute(node, 'outFeatures'),
    ),
    ...updateGradients(g, op.updateOf(node.inputs), dy),
  ],
  /** dscale = Σ dy ⊙ x / sqrt(mean(x²) + ε) */
  SimplifiedLayerNormalization: (g, node, dy) => {
    const [x, scale] = [inputOf(node, 0), inputOf(node, 1)]
    const epsilon = floatAttribute(node, 'epsilon')
    const normalized = op.mul(g, x, inverseRootMeanSquare(g, x, epsilon))
    return [op.rmsNormGradient(g, x, scale, dy, epsilon), sumTo(g, op.mul(g, dy, normalized), scale.shape)]
  },
  SwiGlu: (g, node, dy) => {
    const [gate, up] = [inputOf(node, 0), inputOf(node, 1)]
    return [op.swiGluGradient(g, 'gate', gate, up, dy), op.swiGluGradient(g, 'up', gate, up, dy)]
  },
  Attention: (g, node, dy) => {
    const [rows, heads, kvHeads] = [
      intAttribute(node, 'rows'),
      intAttribute(node, 'heads'),
      intAttribute(node, 'kvHeads'),
    ]
    const joined = op.attentionGradient(g, node.inputs, dy, { rows, heads, kvHeads })
    const [own, shared] = [Number(inputOf(node, 0).shape[1]), Number(inputOf(node, 1).shape[1])]
    return [
      op.slice(g, joined, 1, 0, own),
      op.slice(g, joined, 1, own, own + shared),
      op.slice(g, joined, 1, own + shared, own + 2 * shared),
      null,
    ]
  },
  /** The rotation backwards. */
  RotaryEmbedding: (g, node, dy) => {
    const backwards = op.neg(g, inputOf(node, 2))
    return [op.rotaryEmbedding(g, dy, inputOf(node, 1), backwards, floatAttribute(node, 'scale')), null, null]
  },
}

/** Of `y = λ_b ⊙ (B s)` with `s = λ_d ⊙ z`, by z, λ_d, B and λ_b. What B gives, as wide as y, is never kept. */
function updateGradients(g: GraphBuilder, update: op.LowRankUpdate | null, dy: Value): readonly Value[] {
  if (update === null) return []
  const { z, lambdaD, B, lambdaB } = update
  const s = op.mul(g, z, lambdaD)
  const ds = op.projectTransposed(g, dy, B, lambdaB)
  const correlation = op.gemm(g, dy, s, { a: true })
  const ofB =
    lambdaB === null ? correlation : op.mul(g, correlation, op.reshape(g, lambdaB, [...lambdaB.shape, 1]))
  const gradients = [op.mul(g, ds, lambdaD), sumTo(g, op.mul(g, ds, z), lambdaD.shape), ofB]
  return lambdaB === null ? gradients : [...gradients, op.projectDots(g, dy, s, B)]
}

/** Sums a gradient over the axes along which a value of the given shape was broadcast. */
function sumTo(g: GraphBuilder, gradient: Value, shape: Shape): Value {
  const added = gradient.shape.length - shape.length
  const axes = gradient.shape.flatMap((dim, axis) =>
    axis < added || shape[axis - added] !== dim ? [axis] : [],
  )
  if (axes.length === 0) return gradient
  const summed = op.reduceSum(g, gradient, axes)
  return added === 0 ? summed : op.reshape(g, summed, shape)
}

function swapLastAxes(g: GraphBuilder, x: Value): Value {
  const rank = x.shape.length
  return op.transpose(g, x, [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2])
}
