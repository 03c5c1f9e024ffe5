/** Shape inference: one line an operator. Sizes known only at run time are compared by name. */
import {
  type Attribute,
  type Dim,
  type DType,
  formatShape,
  graphFailure,
  type Shape,
  type Value,
} from './graph.ts'

export interface NodeToInfer {
  readonly op: string
  readonly inputs: readonly Value[]
  readonly attributes: Readonly<Record<string, Attribute>>
  /** The author's word for operators whose result depends on the values of an input. */
  readonly shape: Shape | undefined
  readonly dtype: DType | undefined
}

type ShapeRule = (node: NodeToInfer) => Shape

const first: ShapeRule = (node) => input(node, 0).shape
const broadcasted: ShapeRule = (node) =>
  node.inputs.map((value) => value.shape).reduce((a, b) => broadcast(node.op, a, b))
const stated: ShapeRule = (node) => {
  if (node.shape === undefined) throw graphFailure(`${node.op} needs its result's shape stated.`)
  return node.shape
}

const rules: Readonly<Record<string, ShapeRule>> = {
  Add: broadcasted,
  Sub: broadcasted,
  Mul: broadcasted,
  GreaterOrEqual: broadcasted,
  BitwiseAnd: broadcasted,
  BitwiseOr: broadcasted,
  BitShift: broadcasted,
  Neg: first,
  Exp: first,
  Sigmoid: first,
  Tanh: first,
  Sqrt: first,
  Reciprocal: first,
  Identity: first,
  Cast: first,
  Softmax: first,
  SimplifiedLayerNormalization: norm,
  RotaryEmbedding: first,
  RmsNormGradient: first,
  SwiGlu: broadcasted,
  SwiGluGradient: first,
  Reshape: reshape,
  Slice: stated,
  Part: stated,
  Project: (node) => [dim(node, 0, 0), dim(node, 1, 0)],
  ProjectTransposed: (node) => [dim(node, 0, 0), dim(node, 1, 1)],
  ProjectDots: (node) => [dim(node, 2, 0)],
  Shape: (node) => [int(node, 'end') - int(node, 'start')],
  Transpose: transpose,
  Concat: concat,
  Gather: (node) => [...input(node, 1).shape, ...input(node, 0).shape.slice(1)],
  ReduceSum: stated,
  ReduceMax: stated,
  MatMul: matMul,
  Gemm: gemm,
  MatMulNBits: (node) => lastAxis(node, int(node, 'K'), int(node, 'N')),
  Attention: first,
  CachedAttention: first,
  AttentionGradient: (node) => {
    const [heads, kvHeads] = [int(node, 'heads'), int(node, 'kvHeads')]
    const width = Number(input(node, 0).shape[1])
    return [...input(node, 0).shape.slice(0, 1), (width / heads) * (heads + 2 * kvHeads)]
  },
  BlockLinear: (node) => {
    const [columns, rows] = [int(node, 'inFeatures'), int(node, 'outFeatures')]
    return int(node, 'transposed') === 1 ? lastAxis(node, rows, columns) : lastAxis(node, columns, rows)
  },
  Linear: (node) => lastAxis(node, int(node, 'inFeatures'), int(node, 'outFeatures')),
  LinearTransposed: (node) => lastAxis(node, int(node, 'outFeatures'), int(node, 'inFeatures')),
}

/** The shape and type of a node's result; fails on inputs that the operator can't take. */
export function inferOutput(node: NodeToInfer): { readonly dtype: DType; readonly shape: Shape } {
  const rule = rules[node.op]
  if (rule === undefined) throw graphFailure(`There is no shape rule for the operator ${node.op}.`)
  return { dtype: node.dtype ?? input(node, 0).dtype, shape: rule(node) }
}

/** NumPy's broadcasting; a named size equals only itself. */
function broadcast(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1
    const right = b[axis - rank + b.length] ?? 1
    if (left === right || right === 1) return left
    if (left === 1) return right
    throw graphFailure(`${op} can't broadcast ${formatShape(a)} and ${formatShape(b)}.`)
  })
}

/** The first input's shape, its last axis going from one size to another. */
function lastAxis(node: NodeToInfer, from: number, to: number): Shape {
  const { shape } = input(node, 0)
  if (shape.length < 2 || shape.at(-1) !== from) throw mismatch(node)
  return [...shape.slice(0, -1), to]
}

function norm(node: NodeToInfer): Shape {
  const [x, scale] = [input(node, 0).shape, input(node, 1).shape]
  if (scale.length !== 1 || scale[0] !== x.at(-1)) throw mismatch(node)
  return x
}

/** Only where every size is known: a product of named sizes may have another name. */
function reshape(node: NodeToInfer): Shape {
  const [from, to] = [input(node, 0).shape, stated(node)]
  const [before, after] = [elementCount(from), elementCount(to)]
  if (before === after || before === null || after === null) return to
  throw graphFailure(`${node.op} can't make ${formatShape(to)} of ${formatShape(from)}.`)
}

function elementCount(shape: Shape): number | null {
  return shape.every((size) => typeof size === 'number')
    ? shape.reduce((product, size) => product * size, 1)
    : null
}

function transpose(node: NodeToInfer): Shape {
  const perm = ints(node, 'perm')
  const { shape } = input(node, 0)
  if (perm.length !== shape.length || new Set(perm).size !== perm.length) throw mismatch(node)
  return perm.map((axis) => dim(node, 0, axis))
}

function matMul(node: NodeToInfer): Shape {
  const [a, b] = [input(node, 0).shape, input(node, 1).shape]
  if (a.length < 2 || b.length < 2 || a.at(-1) !== b.at(-2)) throw mismatch(node)
  return [...broadcast(node.op, a.slice(0, -2), b.slice(0, -2)), ...a.slice(-2, -1), ...b.slice(-1)]
}

function gemm(node: NodeToInfer): Shape {
  const [transA, transB] = [optionalInt(node, 'transA'), optionalInt(node, 'transB')]
  if (input(node, 0).shape.length !== 2 || input(node, 1).shape.length !== 2) throw mismatch(node)
  if (dim(node, 0, 1 - transA) !== dim(node, 1, transB)) throw mismatch(node)
  return [dim(node, 0, transA), dim(node, 1, 1 - transB)]
}

function concat(node: NodeToInfer): Shape {
  const axis = int(node, 'axis')
  const dims = node.inputs.map((_, index) => dim(node, index, axis))
  const rank = input(node, 0).shape.length
  if (node.inputs.some(({ shape }) => shape.length !== rank)) throw mismatch(node)
  const total: Dim = dims.every((size) => typeof size === 'number')
    ? dims.reduce((sum, size) => sum + size, 0)
    : dims.join('+')
  return input(node, 0).shape.map((size, index) => {
    if (index === axis) return total
    if (node.inputs.some(({ shape }) => shape[index] !== size)) throw mismatch(node)
    return size
  })
}

function mismatch(node: NodeToInfer): Error {
  return graphFailure(
    `${node.op} can't take ${node.inputs.map((value) => formatShape(value.shape)).join(' and ')}.`,
  )
}

function input(node: NodeToInfer, index: number): Value {
  const value = node.inputs[index]
  if (value === undefined) throw graphFailure(`${node.op} lacks input ${index}.`)
  return value
}

function dim(node: NodeToInfer, index: number, axis: number): Dim {
  const size = input(node, index).shape[axis]
  if (size === undefined) throw mismatch(node)
  return size
}

function int(node: NodeToInfer, name: string): number {
  const attribute = node.attributes[name]
  if (attribute?.kind !== 'int') throw graphFailure(`${node.op} lacks the integer attribute "${name}".`)
  return attribute.value
}

function optionalInt(node: NodeToInfer, name: string): number {
  return node.attributes[name] === undefined ? 0 : int(node, name)
}

function ints(node: NodeToInfer, name: string): readonly number[] {
  const attribute = node.attributes[name]
  if (attribute?.kind !== 'ints') throw graphFailure(`${node.op} lacks the integer list attribute "${name}".`)
  return attribute.value
}
