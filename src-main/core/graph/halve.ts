import { GraphBuilder } from './builder.ts'
import { type Graph, graphFailure, intAttribute, type Node, type Value } from './graph.ts'
import * as op from './operators.ts'
import { rewriteOnto } from './rewrite.ts'

/** Products: their sums are long, so they gain most by 16 bits, and each term is rounded once. */
const inHalf = new Set(['MatMul', 'MatMulNBits', 'Gemm', 'RotaryEmbedding'])
/** What sums, takes powers or divides, and so leaves the range of 16 bits or loses small terms in it. */
const inFloat = new Set([
  'SimplifiedLayerNormalization',
  'Softmax',
  'Exp',
  'Sqrt',
  'Reciprocal',
  'ReduceSum',
  'ReduceMax',
])

export interface HalveOptions {
  /** The inputs that arrive as float16. */
  readonly arriving: ReadonlySet<string>
  /** The outputs that may leave in the type that they were computed in; the others are float32. */
  readonly staying: ReadonlySet<string>
  /** Whether all is computed in float32 nevertheless. */
  readonly exact: boolean
}

/**
 * A float32 graph in mixed precision: matrix products and rotations in float16; norms, softmax and sums in float32;
 * everything else in the wider type of its matrices, which vectors and constants follow. A product that sums over the
 * rows of a batch, a gradient of parameters, is float32 as well.
 *
 * Source: the operator lists of automatic mixed precision (Micikevicius et al., arXiv 1710.03740; `torch.amp`).
 */
export function halve(graph: Graph, { arriving, staying, exact }: HalveOptions): Graph {
  const g = new GraphBuilder(graph.name)
  const halving = new Halving(g, exact)
  const arrives = ({ name, dtype }: Value) => (arriving.has(name) ? 'float16' : dtype)
  const moved = rewriteOnto(g, graph, (_, node, inputs) => halving.node(node, inputs), arrives)
  for (const output of graph.outputs) {
    const value = moved.get(output)
    if (value === undefined) throw graphFailure(`"${output.name}" is not computed.`)
    const stays = staying.has(output.name) || output.dtype !== 'float32'
    g.output(stays ? value : halving.to(value, 'float32'), output.name)
  }
  return g.finish()
}

type FloatType = 'float16' | 'float32'

/** Writes nodes in the type that they compute in. */
class Halving {
  readonly #g: GraphBuilder
  readonly #isExact: boolean
  /** A value → itself in the other type. */
  readonly #others = new Map<Value, Value>()

  constructor(g: GraphBuilder, isExact: boolean) {
    this.#g = g
    this.#isExact = isExact
  }

  node(node: Node, inputs: readonly Value[]): Value | null {
    if (node.op === 'Shape') return null
    if (node.op === 'Cast') return this.#cast(node, inputs)
    const [a, b, c] = inputs
    if (node.op !== 'Gemm' || a === undefined || b === undefined || c === undefined)
      return this.#typed(node, inputs)
    // What is added may have to stay in float32.
    const product = this.#typed({ ...node, inputs: node.inputs.slice(0, 2) }, [a, b])
    return this.#typed({ ...node, op: 'Add', attributes: {} }, [product, c])
  }

  /** The value itself where it has the type, or is no float; each is cast once, and what was cast is not cast back. */
  to(value: Value, type: FloatType): Value {
    if (!isFloat(value) || value.dtype === type) return value
    const known = this.#others.get(value)
    if (known !== undefined) return known
    const other = op.cast(this.#g, value, type)
    this.#others.set(value, other)
    if (type === 'float32') this.#others.set(other, value)
    return other
  }

  /** Weights that are stored in 16 bits are cast in the graph: those that are needed so stay as they are. */
  #cast({ output }: Node, [x]: readonly Value[]): Value | null {
    return x?.dtype === 'float16' && output.dtype === 'float32' ? this.to(x, 'float32') : null
  }

  #typed(node: Node, inputs: readonly Value[]): Value {
    const type = this.#isExact ? 'float32' : typeOf(node, inputs)
    const { domain, attributes, output } = node
    const dtype = isFloat(output) ? type : output.dtype
    const typed = inputs.map((value) => this.to(value, type))
    return this.#g.add(node.op, typed, { domain, attributes, shape: output.shape, dtype })
  }
}

function typeOf(node: Node, inputs: readonly Value[]): FloatType {
  if (inFloat.has(node.op)) return 'float32'
  if (inHalf.has(node.op)) return intAttribute(node, 'transA', 0) === 1 ? 'float32' : 'float16'
  const floats = inputs.filter(isFloat)
  const matrices = floats.filter(({ shape }) => shape.length > 1)
  const deciding = matrices.length > 0 ? matrices : floats
  return deciding.some(({ dtype }) => dtype === 'float32') ? 'float32' : 'float16'
}

function isFloat({ dtype }: Value): boolean {
  return dtype === 'float32' || dtype === 'float16'
}
