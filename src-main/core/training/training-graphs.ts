/**
 * The graphs of training: one decoder layer forwards, one backwards, the final norm, and a slice of the output
 * layer. Each is loaded once and run for every layer (slice), the frozen weights being inputs.
 *
 * So only the borders between layers are kept between runs; what a layer needs inside for its gradient is
 * computed again in its backward graph.
 */
import { backward } from '../graph/backward.ts'
import { GraphBuilder } from '../graph/builder.ts'
import { type Graph, graphFailure, type Value } from '../graph/graph.ts'
import * as op from '../graph/operators.ts'
import { rewriteOnto } from '../graph/rewrite.ts'
import type { LlamaConfig } from '../llama/config.ts'
import { decoderLayer, finalNorm, type ParameterOf } from '../llama/layer.ts'
import { linearKinds, linearPath } from '../llama/linear-kinds.ts'
import { lowerLinears } from '../llama/lower-linear.ts'
import { adaptLinears, declareAdapter } from '../vera/adapted-linear.ts'
import type { VeraLayout } from '../vera/layout.ts'

/** What a layer's tensors are called in its graphs, whichever layer it is: `layer.self_attn.q_proj.weight`. */
export const layerPrefix = 'layer'

/** Inputs `x [N, H]`, `cos`, `sin`, `mask`, the layer's weights and adapter; output `y [N, H]`. */
export function layerForwardGraph(config: LlamaConfig, rows: number, adapter: VeraLayout | null): Graph {
  const g = new GraphBuilder('layer_forward')
  const { y } = adaptedLayer(g, config, rows, adapter)
  g.output(y, 'y')
  return lowerToInputs(g.finish(), config)
}

/**
 * The inputs of `layerForwardGraph` and `dy [N, H]`; outputs `dx [N, H]` (if wanted) and, of an adapted layer,
 * `dLambda`, in the order of the adapter's flat vector.
 */
export function layerBackwardGraph(
  config: LlamaConfig,
  rows: number,
  adapter: VeraLayout | null,
  wantsInput: boolean,
): Graph {
  const g = new GraphBuilder('layer_backward')
  const { x, y, lambdas } = adaptedLayer(g, config, rows, adapter)
  const dy = g.input('dy', 'float32', y.shape)
  const gradients = backward(g, new Map([[y, dy]]), wantsInput ? [x, ...lambdas] : lambdas)
  const gradientOf = (value: Value): Value => {
    const gradient = gradients.get(value)
    if (gradient === undefined) throw graphFailure(`"${value.name}" has no gradient.`)
    return gradient
  }
  if (wantsInput) g.output(gradientOf(x), 'dx')
  if (lambdas.length > 0) g.output(op.concat(g, lambdas.map(gradientOf), 0), 'dLambda')
  return lowerToInputs(g.finish(), config)
}

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
  return g.finish()
}

/**
 * A slice of the output layer, for a cross entropy that never holds all logits: inputs `x [M, H]`,
 * `weight [slice, H]`; outputs, with l = x · weightᵀ, `max [M, 1]` of l, `sum [M, 1]` of exp(l − max) and, if
 * wanted, `weighted [M, H]` = exp(l − max) · weight. See `output-loss.ts`, which joins the slices.
 */
export function outputSliceGraph(config: LlamaConfig, wantsGradient: boolean): Graph {
  const g = new GraphBuilder('output_slice')
  const x = g.input('x', 'float32', ['M', config.hiddenSize])
  const weight = g.input('weight', 'float32', ['slice', config.hiddenSize])
  const logits = op.gemm(g, x, weight, { b: true })
  const max = op.reduceMax(g, logits, [1])
  const powers = op.exp(g, op.sub(g, logits, max))
  g.output(max, 'max')
  g.output(op.reduceSum(g, powers, [1]), 'sum')
  if (wantsGradient) g.output(op.gemm(g, powers, weight), 'weighted')
  return g.finish()
}

function finalNormTape(name: string, config: LlamaConfig) {
  const g = new GraphBuilder(name)
  const x = g.input('x', 'float32', ['M', config.hiddenSize])
  return { g, x, y: finalNorm(g, config, inputParameters(g), x) }
}

/** The plain layer, then the adapter put on it by rewriting: the layer itself knows nothing of adapters. */
function adaptedLayer(g: GraphBuilder, config: LlamaConfig, rows: number, adapter: VeraLayout | null) {
  const plain = plainLayer(config, rows)
  const sites = adapter === null ? new Map<string, never>() : declareAdapter(g, adapter)
  const moved = rewriteOnto(g, plain.graph, adaptLinears(sites))
  const [x, y] = [moved.get(plain.x), moved.get(plain.y)]
  if (x === undefined || y === undefined) throw graphFailure('The layer lost its input or its output.')
  return { x, y, lambdas: [...sites.values()].flatMap((site) => [site.lambdaD, site.lambdaB]) }
}

function plainLayer(config: LlamaConfig, rows: number): { graph: Graph; x: Value; y: Value } {
  const { hiddenSize, headDim, headCount, kvHeadCount } = config
  const groups = headCount / kvHeadCount
  const g = new GraphBuilder('layer')
  const x = g.input('x', 'float32', ['N', hiddenSize])
  const cos = g.input('cos', 'float32', ['N', headDim / 2])
  const sin = g.input('sin', 'float32', ['N', headDim / 2])
  const mask = g.input('mask', 'float32', [maskCopies(config, rows), groups === 1 ? 'T' : `${groups}·T`, 'T'])
  const inputs = { x, cos, sin, mask, rows, past: null }
  const { x: y } = decoderLayer(g, config, layerPrefix, inputParameters(g), inputs)
  g.output(y, 'y')
  return { graph: g.finish(), x, y }
}

/** How often the mask is repeated for the heads: one row's mask serves all of them by broadcasting. */
export function maskCopies(config: LlamaConfig, rows: number): number {
  return rows === 1 ? 1 : rows * config.kvHeadCount
}

function inputParameters(g: GraphBuilder): ParameterOf {
  return (name, shape) => g.input(name, 'float32', shape)
}

function lowerToInputs(graph: Graph, config: LlamaConfig): Graph {
  const sizes = new Map(linearKinds(config).map((size) => [`${layerPrefix}.${linearPath(size.kind)}`, size]))
  return lowerLinears(graph, (g, module) => {
    const size = sizes.get(module)
    if (size === undefined) throw graphFailure(`A decoder layer has no linear layer ${module}.`)
    return {
      kind: 'matrix',
      matrix: g.input(`${module}.weight`, 'float32', [size.outFeatures, size.inFeatures]),
    }
  })
}
