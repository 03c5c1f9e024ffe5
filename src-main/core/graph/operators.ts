/** One function an operator: appends its node to the tape and returns the result. */
import type { GraphBuilder } from './builder.ts'
import type { BlockArithmetic } from './runtime.ts'
import { type Attribute, type Dim, type DType, graphFailure, type Shape, type Value } from './graph.ts'

/** ONNX Runtime's own operators. */
const microsoft = 'com.microsoft'
/** Ours: they stand for a model's linear layers until `lower-linear.ts` gives them their weights. */
export const veranda = 'veranda'
/** Ours as well: operators that the native runtime brings along (`native/src/runtime/operators.rs`). */
export const verandaKernels = 'veranda.kernels'
/** Those that graphs may hold. */
export const kernelOperators: readonly string[] = [
  'Attention',
  'AttentionGradient',
  'BlockLinear',
  'CachedAttention',
  'Project',
  'ProjectDots',
  'ProjectTransposed',
  'RmsNormGradient',
  'RotaryEmbedding',
  'SwiGlu',
  'SwiGluGradient',
]

export const int = (value: number): Attribute => ({ kind: 'int', value })
const float = (value: number): Attribute => ({ kind: 'float', value })
const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value })
const flag = (value: boolean): Attribute => int(value ? 1 : 0)
const text = (value: string): Attribute => ({ kind: 'string', value })

export const add = (g: GraphBuilder, a: Value, b: Value): Value => g.add('Add', [a, b])
export const sub = (g: GraphBuilder, a: Value, b: Value): Value => g.add('Sub', [a, b])
export const mul = (g: GraphBuilder, a: Value, b: Value): Value => g.add('Mul', [a, b])
export const neg = (g: GraphBuilder, x: Value): Value => g.add('Neg', [x])
/** `a >= b`, element by element: bool. */
export const greaterOrEqual = (g: GraphBuilder, a: Value, b: Value): Value =>
  g.add('GreaterOrEqual', [a, b], { dtype: 'bool' })
export const exp = (g: GraphBuilder, x: Value): Value => g.add('Exp', [x])
export const sqrt = (g: GraphBuilder, x: Value): Value => g.add('Sqrt', [x])
export const reciprocal = (g: GraphBuilder, x: Value): Value => g.add('Reciprocal', [x])
export const sigmoid = (g: GraphBuilder, x: Value): Value => g.add('Sigmoid', [x])
export const tanh = (g: GraphBuilder, x: Value): Value => g.add('Tanh', [x])

/** Of integers, bit by bit; shapes are broadcast. */
export const bitwiseAnd = (g: GraphBuilder, a: Value, b: Value): Value => g.add('BitwiseAnd', [a, b])
export const bitwiseOr = (g: GraphBuilder, a: Value, b: Value): Value => g.add('BitwiseOr', [a, b])
/** Of unsigned integers, by `bits` places. */
export const bitShift = (g: GraphBuilder, x: Value, bits: Value, direction: 'LEFT' | 'RIGHT'): Value =>
  g.add('BitShift', [x, bits], { attributes: { direction: text(direction) } })

/** Over the last axis. */
export const softmax = (g: GraphBuilder, x: Value): Value =>
  g.add('Softmax', [x], { attributes: { axis: int(-1) } })

export const cast = (g: GraphBuilder, x: Value, to: DType): Value =>
  g.add('Cast', [x], { dtype: to, attributes: { to: int(onnxTypes[to]) } })

/** TensorProto.DataType of the ONNX format. */
export const onnxTypes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
}

export const matMul = (g: GraphBuilder, a: Value, b: Value): Value => g.add('MatMul', [a, b])

/** `op(a) · op(b)` of two matrices, each transposed if asked. */
export const gemm = (
  g: GraphBuilder,
  a: Value,
  b: Value,
  transpose: { readonly a?: boolean; readonly b?: boolean } = {},
): Value =>
  g.add('Gemm', [a, b], {
    attributes: { transA: int(transpose.a ? 1 : 0), transB: int(transpose.b ? 1 : 0) },
  })

export const transpose = (g: GraphBuilder, x: Value, perm: readonly number[]): Value =>
  g.add('Transpose', [x], { attributes: { perm: ints(perm) } })

/** To a shape with at most one size that is unknown before the run, and that has no other name in `x` then. */
export function reshape(g: GraphBuilder, x: Value, shape: Shape): Value {
  if (shape.filter((dim) => typeof dim === 'string').length > 1) {
    throw graphFailure(`Reshape of "${x.name}" leaves more than one size open.`)
  }
  const target = g.int64(shape.map((dim) => (typeof dim === 'number' ? dim : -1)))
  return g.add('Reshape', [x, target], { shape })
}

export const concat = (g: GraphBuilder, values: readonly Value[], axis: number): Value =>
  g.add('Concat', values, { attributes: { axis: int(axis) } })

/** Rows `indices` of `data`. */
export const gather = (g: GraphBuilder, data: Value, indices: Value): Value =>
  g.add('Gather', [data, indices], { attributes: { axis: int(0) } })

/** Elements `start` to `end` (not included) of one axis. */
export function slice(g: GraphBuilder, x: Value, axis: number, start: number, end: number): Value {
  const shape = x.shape.map((dim, index) => (index === axis ? end - start : dim))
  return g.add('Slice', [x, g.int64([start]), g.int64([end]), g.int64([axis])], { shape })
}

/** Numbers `start` to `start + length` of a vector. Ours until lowered: some operators read them where they are. */
export const part = (g: GraphBuilder, vector: Value, start: number, length: number): Value =>
  g.add('Part', [vector], { domain: veranda, shape: [length], attributes: { start: int(start) } })

/** The elements of one axis before (`part: 'head'`) or from (`'tail'`) a place known when the graph runs, int64 [1]. */
export function sliceAt(
  g: GraphBuilder,
  x: Value,
  axis: number,
  place: Value,
  part: 'head' | 'tail',
  size: Dim,
): Value {
  const shape = x.shape.map((dim, index) => (index === axis ? size : dim))
  const [start, end] = part === 'head' ? [g.int64([0]), place] : [place, g.int64([2 ** 31 - 1])]
  return g.add('Slice', [x, start, end, g.int64([axis])], { shape })
}

/** The size of one axis when the graph runs: int64 [1]. */
export const sizeOf = (g: GraphBuilder, x: Value, axis: number): Value =>
  g.add('Shape', [x], { dtype: 'int64', attributes: { start: int(axis), end: int(axis + 1) } })

/** Sums; the reduced axes stay, with size 1. */
export const reduceSum = (g: GraphBuilder, x: Value, axes: readonly number[]): Value =>
  reduce(g, 'ReduceSum', x, axes)
/** Maxima; the reduced axes stay, with size 1. */
export const reduceMax = (g: GraphBuilder, x: Value, axes: readonly number[]): Value =>
  reduce(g, 'ReduceMax', x, axes)

function reduce(g: GraphBuilder, op: string, x: Value, axes: readonly number[]): Value {
  const shape = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
  return g.add(op, [x, g.int64(axes)], { shape, attributes: { keepdims: int(1) } })
}

/** RMS normalisation over the last axis: `x / sqrt(mean(x²) + epsilon) · scale`. */
export const rmsNorm = (g: GraphBuilder, x: Value, scale: Value, epsilon: number): Value =>
  g.add('SimplifiedLayerNormalization', [x, scale], {
    attributes: { axis: int(-1), epsilon: float(epsilon), stash_type: int(1) },
  })

/**
 * The gradient of `rmsNorm` by x `[…, H]`, given that of its result. Ours until `lower-kernels.ts` lowers it.
 */
export const rmsNormGradient = (g: GraphBuilder, x: Value, scale: Value, dy: Value, epsilon: number): Value =>
  g.add('RmsNormGradient', [x, scale, dy], {
    domain: veranda,
    attributes: { epsilon: float(epsilon), base: flag(false) },
  })

/** The gated activation `silu(gate) ⊙ up`, silu(x) = x · σ(x). Ours until `lower-kernels.ts` lowers it. */
export const swiGlu = (g: GraphBuilder, gate: Value, up: Value): Value =>
  g.add('SwiGlu', [gate, up], { domain: veranda })

/** The gradient of `swiGlu` by one of its inputs, given that of its result. */
export const swiGluGradient = (
  g: GraphBuilder,
  of: 'gate' | 'up',
  gate: Value,
  up: Value,
  dy: Value,
): Value =>
  g.add('SwiGluGradient', [gate, up, dy], { domain: veranda, attributes: { of: flag(of === 'up') } })

/**
 * Rotary positions in half-split form (Hugging Face's order), times `scale`: x `[N, heads·D]`, cos and sin `[N, D/2]`.
 * Row n of the tables belongs to row n of x, whatever its position is. Ours until `lower-kernels.ts` lowers it.
 */
export const rotaryEmbedding = (g: GraphBuilder, x: Value, cos: Value, sin: Value, scale: number): Value =>
  g.add('RotaryEmbedding', [x, cos, sin], { domain: veranda, attributes: { scale: float(scale) } })

/** The same by ONNX Runtime, not scaled: x `[1, N, heads·D]`. */
export const plainRotaryEmbedding = (g: GraphBuilder, x: Value, cos: Value, sin: Value): Value =>
  g.add('RotaryEmbedding', [x, g.int64([0]), cos, sin], {
    domain: microsoft,
    attributes: { interleaved: int(0) },
  })

/** An adapter's `A x`: x `[N, in]`, A `[rank, in]` → `[N, rank]`. Ours until `lower-kernels.ts` lowers it. */
export const project = (g: GraphBuilder, x: Value, A: Value): Value =>
  g.add('Project', [x, A], { domain: veranda })

/**
 * `z · (scales ⊙ M)`, the rows of M `[rows, columns]` scaled if given: z `[N, rows]` → `[N, columns]`. Ours until
 * `lower-kernels.ts` lowers it.
 */
export const projectTransposed = (g: GraphBuilder, z: Value, M: Value, scales: Value | null = null): Value =>
  g.add('ProjectTransposed', [z, M, ...(scales === null ? [] : [scales])], {
    domain: veranda,
    attributes: { scaled: flag(scales !== null), base: flag(false) },
  })

/** `Σ dy ⊙ (z · Mᵀ)` over the rows: dy `[N, rows]`, z `[N, columns]`, M `[rows, columns]` → `[rows]`. Ours likewise. */
export const projectDots = (g: GraphBuilder, dy: Value, z: Value, M: Value): Value =>
  g.add('ProjectDots', [dy, z, M], { domain: veranda })

/** What an adapter adds to a linear layer: `λ_b ⊙ (B (λ_d ⊙ z))`, where `z = A x`. */
export interface LowRankUpdate {
  /** `[N, rank]` */
  readonly z: Value
  /** `[rank]` or a number */
  readonly lambdaD: Value
  /** `[out, rank]` */
  readonly B: Value
  /** `[out]` */
  readonly lambdaB: Value | null
}

/** product `[N, out]` with the update added, as plain operators but for a B in whole numbers. */
export function addUpdate(g: GraphBuilder, product: Value, { z, lambdaD, B, lambdaB }: LowRankUpdate): Value {
  const scaled = mul(g, z, lambdaD)
  const delta =
    B.dtype === 'uint8'
      ? g.add('Project', [scaled, B], { domain: verandaKernels })
      : gemm(g, scaled, B, { b: true })
  return add(g, product, lambdaB === null ? delta : mul(g, delta, lambdaB))
}

const updateInputs = (update: LowRankUpdate | null): readonly Value[] =>
  update === null
    ? []
    : [update.z, update.lambdaD, update.B, ...(update.lambdaB === null ? [] : [update.lambdaB])]

/** The update among the inputs of a `Linear`. */
export function updateOf([, z, lambdaD, B, lambdaB]: readonly Value[]): LowRankUpdate | null {
  if (z === undefined || lambdaD === undefined || B === undefined) return null
  return { z, lambdaD, B, lambdaB: lambdaB ?? null }
}

/**
 * The linear layer `module` of the model: x `[N, in]` → `[N, out]`, its frozen weight given when lowered; with
 * an adapter's update if given.
 */
export const linear = (
  g: GraphBuilder,
  x: Value,
  module: string,
  inFeatures: number,
  outFeatures: number,
  update: LowRankUpdate | null = null,
): Value =>
  g.add('Linear', [x, ...updateInputs(update)], {
    domain: veranda,
    attributes: { module: text(module), inFeatures: int(inFeatures), outFeatures: int(outFeatures) },
  })

/** The gradient of `linear` without update with respect to its input: y `[N, out]` → y · W `[N, in]`. */
export const linearTransposed = (
  g: GraphBuilder,
  y: Value,
  module: string,
  inFeatures: number,
  outFeatures: number,
): Value =>
  g.add('LinearTransposed', [y], {
    domain: veranda,
    attributes: { module: text(module), inFeatures: int(inFeatures), outFeatures: int(outFeatures) },
  })

interface AttentionShape {
  readonly rows: number
  readonly heads: number
  readonly kvHeads: number
}

const attentionAttributes = ({ rows, heads, kvHeads }: AttentionShape) => ({
  rows: int(rows),
  heads: int(heads),
  kvHeads: int(kvHeads),
})

/**
 * Softmax attention without a matrix of scores: queries `[N, heads·D]`, scaled already, keys and values
 * `[N, kvHeads·D]`, mask `[copies, G·T, T]` of which the first T lines of each of the `rows` are read → `[N, heads·D]`.
 */
export const attention = (
  g: GraphBuilder,
  inputs: readonly [queries: Value, keys: Value, values: Value, mask: Value],
  shape: AttentionShape,
): Value => g.add('Attention', inputs, { domain: verandaKernels, attributes: attentionAttributes(shape) })

/**
 * Softmax attention to a cache and to each other of new tokens, T a row: queries `[N, heads·D]`, scaled already, keys
 * and values `[N, kvHeads·D]`, those of earlier tokens `[B·kvHeads, D, C]` and `[B·kvHeads, C, D]`, mask `[copies,
 * lines, C+T]` of which the first T lines of each row are read → `[N, heads·D]`.
 */
export const cachedAttention = (
  g: GraphBuilder,
  inputs: readonly [
    queries: Value,
    keys: Value,
    values: Value,
    pastKeys: Value,
    pastValues: Value,
    mask: Value,
  ],
  shape: { readonly heads: number; readonly kvHeads: number },
): Value =>
  g.add('CachedAttention', inputs, {
    domain: verandaKernels,
    attributes: { heads: int(shape.heads), kvHeads: int(shape.kvHeads) },
  })

/** The gradients of `attention`'s queries, keys and values side by side: `[N, (heads + 2·kvHeads)·D]`. */
export const attentionGradient = (
  g: GraphBuilder,
  inputs: readonly Value[],
  dy: Value,
  shape: AttentionShape,
): Value =>
  g.add('AttentionGradient', [...inputs, dy], {
    domain: verandaKernels,
    attributes: attentionAttributes(shape),
  })

/** To how many bits `BlockLinear` rounds activations. */
export const arithmeticBits: Readonly<Record<BlockArithmetic, number>> = { int8: 8, int16: 16, float32: 32 }

/**
 * Over W `[rows, columns]` in blocks of 32 along its columns: `x · Wᵀ`, and an adapter's update if given, or `x · W`
 * if transposed, in the given arithmetic (see `BlockArithmetic`). Sums are float32 in any case.
 */
export const blockLinear = (
  g: GraphBuilder,
  x: Value,
  weight: { readonly quants: Value; readonly scales: Value; readonly offsets: Value | null },
  format: {
    readonly rows: number
    readonly columns: number
    readonly transposed: boolean
    readonly arithmetic: BlockArithmetic
  },
  update: LowRankUpdate | null = null,
  /** Where λ_d and λ_b begin in what is given for them. */
  starts: { readonly lambdaD: number; readonly lambdaB: number } = { lambdaD: 0, lambdaB: 0 },
): Value =>
  g.add(
    'BlockLinear',
    [
      ...[x, weight.quants, weight.scales, ...(weight.offsets === null ? [] : [weight.offsets])],
      ...updateInputs(update),
    ],
    {
      domain: verandaKernels,
      attributes: {
        outFeatures: int(format.rows),
        inFeatures: int(format.columns),
        transposed: int(format.transposed ? 1 : 0),
        bits: int(arithmeticBits[format.arithmetic]),
        offsets: flag(weight.offsets !== null),
        update: flag(update !== null),
        scaled: flag(update?.lambdaB != null),
        lambdaDStart: int(starts.lambdaD),
        lambdaBStart: int(starts.lambdaB),
        base: flag(false),
      },
    },
  )

/**
 * `x · Wᵀ` in float32 with W in 4-bit blocks of 32 along its columns, `w = scale · (q − 8)`.
 *
 * Rounding activations to int8 (accuracy level 4) reads prompts slower and gives tokens a quarter faster, but on
 * SmolLM2-135M moves the next token's distribution by 9e-3 nats (KL) and so changes close choices.
 */
export const matMulBlocks = (
  g: GraphBuilder,
  x: Value,
  quants: Value,
  scales: Value,
  format: { readonly rows: number; readonly columns: number },
): Value =>
  g.add('MatMulNBits', [x, quants, scales], {
    domain: microsoft,
    attributes: {
      K: int(format.columns),
      N: int(format.rows),
      bits: int(4),
      block_size: int(32),
      accuracy_level: int(1),
    },
  })
