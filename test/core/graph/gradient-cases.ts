/**
 * One graph a golden case of the operator table: a new gradient rule gets its rows here and in
 * make_gradients.py, which holds the inputs and what PyTorch makes of them.
 */
import type { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import { type Graph, graphFailure, type Shape, type Value } from '../../../src-main/core/graph/graph.ts'
import * as op from '../../../src-main/core/graph/operators.ts'
import { geluTanh, softCap } from '../../../src-main/core/llama/activations.ts'
import { lowerGraph } from '../../../src-main/core/llama/lower-graph.ts'

export interface GradientCase {
  /** Builds the result; `input` gives the case's inputs by name. */
  readonly build: (g: GraphBuilder, input: (name: string) => Value) => Value
  /** Inputs declared with sizes known only at run time; the others have the golden tensors' shapes. */
  readonly declared?: Readonly<Record<string, Shape>>
  /** Turns the finished graph into one that ONNX Runtime knows. */
  readonly lower?: (graph: Graph) => Graph
}

type Unary = (g: GraphBuilder, x: Value) => Value
type Binary = (g: GraphBuilder, a: Value, b: Value) => Value
type Declared = Readonly<Record<string, Shape>>

const unary = (build: Unary, declared: Declared = {}): GradientCase => ({
  build: (g, input) => build(g, input('x')),
  declared,
})

const binary = (build: Binary, declared: Declared = {}): GradientCase => ({
  build: (g, input) => build(g, input('a'), input('b')),
  declared,
})

const elementwise = (operator: string, build: Binary): Readonly<Record<string, GradientCase>> => ({
  [`${operator}/same shape`]: binary(build),
  [`${operator}/rows`]: binary(build),
  [`${operator}/both ways`]: binary(build),
  [`${operator}/scalar first`]: binary(build),
  [`${operator}/named rows`]: binary(build, { a: ['N', 4] }),
})

const norm = (epsilon: number, declared: Declared = {}): GradientCase => ({
  build: (g, input) => op.rmsNorm(g, input('x'), input('scale'), epsilon),
  declared,
})

const rotary = (declared: Declared = {}): GradientCase => ({
  build: (g, input) => {
    const [x, cos, sin] = [input('x'), input('cos'), input('sin')]
    const flat = op.reshape(g, x, x.shape.slice(1))
    return op.reshape(g, op.rotaryEmbedding(g, flat, cos, sin, 1), x.shape)
  },
  declared,
})

/** The weight `[outFeatures, inFeatures]` is an input of the lowered graph only. */
const lowerTo = (inFeatures: number, outFeatures: number) => (graph: Graph) =>
  lowerGraph(graph, (g, module) => {
    if (module !== 'weight') throw graphFailure(`There is no linear layer ${module}.`)
    return { kind: 'matrix', matrix: g.input(module, 'float32', [outFeatures, inFeatures]) }
  })

const linear = (inFeatures: number, outFeatures: number, declared: Declared = {}): GradientCase => ({
  build: (g, input) => op.linear(g, input('x'), 'weight', inFeatures, outFeatures),
  declared,
  lower: lowerTo(inFeatures, outFeatures),
})

/** A linear layer 4 → 6 with an adapter's update, λ_b there or not. */
const updated = (vectors: readonly string[]): GradientCase => ({
  build: (g, input) =>
    op.linear(g, input('x'), 'weight', 4, 6, {
      z: input('z'),
      lambdaD: input('lambdaD'),
      B: input('B'),
      lambdaB: vectors.includes('lambdaB') ? input('lambdaB') : null,
    }),
  lower: lowerTo(4, 6),
})

/** The part of a case's name before the slash is the operator whose rule it tests. */
export const gradientCases: Readonly<Record<string, GradientCase>> = {
  ...elementwise('Add', op.add),
  ...elementwise('Sub', op.sub),
  ...elementwise('Mul', op.mul),
  'Mul/square': unary((g, x) => op.mul(g, x, x)),
  'Neg/matrix': unary(op.neg),
  'Sigmoid/matrix': unary(op.sigmoid),
  'Sigmoid/SiLU': unary((g, x) => op.mul(g, x, op.sigmoid(g, x))),
  'Sigmoid/GELU': unary(geluTanh),
  'Tanh/matrix': unary(op.tanh),
  'Tanh/soft cap': unary((g, x) => softCap(g, x, 5)),
  'Softmax/matrix': unary(op.softmax),
  'Softmax/batch': unary(op.softmax),
  'Softmax/causal mask': { build: (g, input) => op.softmax(g, op.add(g, input('x'), input('mask'))) },
  'Reshape/fold': unary((g, x) => op.reshape(g, x, [3, 4])),
  'Reshape/to more axes': unary((g, x) => op.reshape(g, x, [2, 2, 3])),
  'Reshape/named rows': unary((g, x) => op.reshape(g, x, ['N', 2, 3]), { x: ['N', 6] }),
  'Transpose/matrix': unary((g, x) => op.transpose(g, x, [1, 0])),
  'Transpose/cycle': unary((g, x) => op.transpose(g, x, [2, 0, 1])),
  'Transpose/heads': unary((g, x) => op.transpose(g, x, [0, 2, 3, 1])),
  'Concat/rows': binary((g, a, b) => op.concat(g, [a, b], 0)),
  'Concat/three parts': { build: (g, input) => op.concat(g, ['a', 'b', 'c'].map(input), 1) },
  'Concat/twice the same': unary((g, x) => op.concat(g, [x, x], 0)),
  'MatMul/matrices': binary(op.matMul),
  'MatMul/batch': binary(op.matMul),
  'MatMul/one right side': binary(op.matMul),
  'MatMul/one left side': binary(op.matMul),
  'MatMul/batches of both': binary(op.matMul),
  'Gemm/plain': binary((g, a, b) => op.gemm(g, a, b)),
  'Gemm/a transposed': binary((g, a, b) => op.gemm(g, a, b, { a: true })),
  'Gemm/b transposed': binary((g, a, b) => op.gemm(g, a, b, { b: true })),
  'Gemm/both transposed': binary((g, a, b) => op.gemm(g, a, b, { a: true, b: true })),
  'Gemm/named rows': binary((g, a, b) => op.gemm(g, a, b, { b: true }), { a: ['N', 4] }),
  'Linear/wider': linear(4, 6),
  'Linear/narrower': linear(6, 2, { x: ['N', 6] }),
  "Linear/with VeRA's update": updated(['lambdaD', 'lambdaB']),
  "Linear/with LoRA's update": updated(['lambdaD']),
  'Project/matrix': { build: (g, input) => op.project(g, input('x'), input('A')) },
  'SwiGlu/matrix': { build: (g, input) => op.swiGlu(g, input('gate'), input('up')) },
  'SimplifiedLayerNormalization/matrix': norm(1e-5),
  'SimplifiedLayerNormalization/batch': norm(1e-5),
  'SimplifiedLayerNormalization/named rows': norm(1e-5, { x: ['N', 6] }),
  'SimplifiedLayerNormalization/large epsilon': norm(0.5),
  'RotaryEmbedding/one head': rotary(),
  'RotaryEmbedding/two heads, later positions': rotary({ x: [1, 'N', 8], cos: ['N', 2], sin: ['N', 2] }),
}
