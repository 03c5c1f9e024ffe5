/** The graphs above the layers: the final norm, forwards and backwards, and a slice of the output layer. */
import { backward } from '../graph/backward.ts'
import { GraphBuilder } from '../graph/builder.ts'
import { type Graph, graphFailure, type Value } from '../graph/graph.ts'
import { lowerKernels } from '../graph/lower-kernels.ts'
import * as op from '../graph/operators.ts'
import type { BlockArithmetic } from '../graph/runtime.ts'
import { softCap } from '../llama/activations.ts'
import type { LlamaConfig } from '../llama/config.ts'
import { lowerGraph } from '../llama/lower-graph.ts'
import { type BlockFormat, weightInput } from '../llama/lower-linear.ts'
import { finalNorm } from '../llama/layer.ts'

/** Inputs `x [M, H]`, `model.norm.weight [H]`; output `y [M, H]`. */
export function finalNormForwardGraph(config: LlamaConfig): Graph {
  const { g, y } = finalNormTape('final_norm_forward', config)
  g.output(y, 'y')
  return g.finish()
}

/** The inputs of `finalNormForwardGraph` and `dy [M, H]`; output `dx [M, H]`. */
export function finalNormBackwardGraph(config: LlamaConfig): Graph {
  const { g, x, y } = finalNormTape('final_norm_backward', config)
  const dx = backward(g, new Map([[y, g.input('dy', 'float32', y.shape)]]), [x]).get(x)
  if (dx === undefined) throw graphFailure('The final norm has no gradient.')
  g.output(dx, 'dx')
  return lowerKernels(g.finish(), null)
}

/** Rows of the output matrix, how they are stored and multiplied with. */
interface OutputSlice {
  readonly rows: number
  readonly format: BlockFormat
  readonly arithmetic: BlockArithmetic | null
}

/**
 * A slice of the output layer, for a cross entropy that never holds all logits: inputs `x [M, H]` and, as
 * `weightInput` has it, `weight [rows, H]`; outputs, with l = x · weightᵀ, `max [M, 1]` of l, `sum [M, 1]` of exp(l − max)
 * and, if wanted, `weighted [M, H]` = exp(l − max) · weight. Where the model caps its logits, l is what the cap makes of
 * them, and each power counts by the cap's slope there. See `output-loss.ts`, which joins the slices.
 */
export function outputSliceGraph(config: LlamaConfig, wantsGradient: boolean, slice: OutputSlice): Graph {
  const g = new GraphBuilder('output_slice')
  const logits = sliceLogits(g, config, slice)
  const max = op.reduceMax(g, logits, [1])
  const powers = op.exp(g, op.sub(g, logits, max))
  g.output(max, 'max')
  g.output(op.reduceSum(g, powers, [1]), 'sum')
  if (wantsGradient) {
    const weights =
      config.logitCap === undefined ? powers : op.mul(g, powers, slopes(g, logits, config.logitCap))
    g.output(op.linearTransposed(g, weights, 'slice', config.hiddenSize, slice.rows), 'weighted')
  }
  return lowerSlice(g, config, slice)
}

/** The derivative of `softCap`, by what it gave: `1 − (l / cap)²`. */
function slopes(g: GraphBuilder, logits: Value, cap: number): Value {
  const shares = op.mul(g, logits, g.float32(1 / cap))
  return op.sub(g, g.float32(1), op.mul(g, shares, shares))
}

/** Inputs as of `outputSliceGraph`; output `logits [M, rows]`. */
export function outputLogitsGraph(config: LlamaConfig, slice: OutputSlice): Graph {
  const g = new GraphBuilder('output_logits')
  g.output(sliceLogits(g, config, slice), 'logits')
  return lowerSlice(g, config, slice)
}

function sliceLogits(g: GraphBuilder, config: LlamaConfig, { rows }: OutputSlice): Value {
  const x = g.input('x', 'float32', ['M', config.hiddenSize])
  const products = op.linear(g, x, 'slice', config.hiddenSize, rows)
  return config.logitCap === undefined ? products : softCap(g, products, config.logitCap)
}

function lowerSlice(g: GraphBuilder, { hiddenSize }: LlamaConfig, slice: OutputSlice): Graph {
  const size = [slice.rows, hiddenSize] as const
  return lowerGraph(g.finish(), (g) => weightInput(g, 'weight', size, slice.format), slice.arithmetic)
}

function finalNormTape(name: string, config: LlamaConfig) {
  const g = new GraphBuilder(name)
  const x = g.input('x', 'float32', ['M', config.hiddenSize])
  return { g, x, y: finalNorm(g, config, (parameter, shape) => g.input(parameter, 'float32', shape), x) }
}
