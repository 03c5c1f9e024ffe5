/**
 * The graphs of one decoder layer in training, forwards and backwards. Each is loaded once and run for every
 * layer, the frozen weights being inputs.
 *
 * Between the two runs of a layer its input is kept, and either what its matrix products gave (`keep`), or nothing
 * else: then the backward graph computes them again. Norms, softmax and activations are always computed again.
 */
import { backward } from '../graph/backward.ts'
import { GraphBuilder } from '../graph/builder.ts'
import { type Graph, graphFailure, type Value } from '../graph/graph.ts'
import * as op from '../graph/operators.ts'
import { cut, rewriteOnto } from '../graph/rewrite.ts'
import type { BlockArithmetic } from '../graph/runtime.ts'
import type { LlamaConfig } from '../llama/config.ts'
import { decoderLayer } from '../llama/layer.ts'
import { linearKinds, linearPath } from '../llama/linear-kinds.ts'
import { lowerGraph } from '../llama/lower-graph.ts'
import { type BlockFormat, type LinearWeight, weightInput } from '../llama/lower-linear.ts'
import { declareTrained } from '../vera/adapted-linear.ts'
import type { VeraLayout } from '../vera/layout.ts'

/** What a layer's tensors are called in its graphs, whichever layer it is: `layer.self_attn.q_proj.weight`. */
export const layerPrefix = 'layer'

export interface LayerGraphOptions {
  readonly config: LlamaConfig
  /** Rows of the batch. */
  readonly rows: number
  readonly adapter: VeraLayout | null
  /** The share of what enters the adapter that is dropped; 0 is off. */
  readonly dropoutRate: number
  /** Whether the results of the matrix products go from the forward to the backward graph. */
  readonly keep: boolean
  /** How products with block weights are computed; null: all weights are given as float32 matrices. */
  readonly arithmetic: BlockArithmetic | null
  /** How the layer's linear weights are given, by their names in its graphs. */
  readonly formats: ReadonlyMap<string, BlockFormat>
}

/**
 * Inputs `x [N, H]`, `cos`, `sin`, `mask`, the layer's weights and adapter; outputs `y [N, H]` and, to keep, the
 * values that `keptValues` names.
 */
export function layerForwardGraph(options: LayerGraphOptions): Graph {
  const g = new GraphBuilder('layer_forward')
  const { y } = adaptedLayer(g, options)
  g.output(y, 'y')
  const kept = options.keep ? new Set(keptValues(options).map(({ name }) => name)) : new Set<string>()
  for (const { output } of g.nodes) if (kept.has(output.name)) g.output(output, keptName(output))
  return lowerToInputs(g.finish(), options)
}

/**
 * The inputs of `layerForwardGraph`, `dy [N, H]` and what was kept; outputs `dx [N, H]` (if wanted) and, of an
 * adapted layer, `dLambda`, in the order of the adapter's flat vector.
 */
export function layerBackwardGraph(options: LayerGraphOptions, wantsInput: boolean): Graph {
  const { graph } = forwardAndBackward(options, wantsInput)
  const names = new Map(options.keep ? keptValues(options).map((value) => [value.name, keptName(value)]) : [])
  return lowerToInputs(cut(graph, names), options)
}

/** What the backward graph needs of the forward graph's products and of the sums they went into: `[N, width]` each. */
export function keptValues(options: LayerGraphOptions): readonly Value[] {
  const { graph, forward } = forwardAndBackward(options, true)
  const candidates = graph.nodes
    // Scores with their mask are sums as well, but none of a width.
    .filter(
      ({ op: name, output }) => forward.has(output) && worthKeeping.has(name) && output.shape.length === 2,
    )
    .map((node) => node.output)
  // A product that only a kept sum needs is none of those that the cut graph takes.
  const { inputs } = cut(graph, new Map(candidates.map((value) => [value.name, keptName(value)])))
  const taken = new Set(inputs.map((value) => value.name))
  return candidates.filter((value) => taken.has(keptName(value)))
}

/** The operators whose results are worth their memory. */
const worthKeeping = new Set(['Linear', 'Project', 'Add'])

/** A value's name as an output of the forward and an input of the backward graph. */
function keptName(value: Value): string {
  return `kept.${value.name}`
}

function forwardAndBackward(options: LayerGraphOptions, wantsInput: boolean) {
  const g = new GraphBuilder('layer_backward')
  const { x, y, lambdas } = adaptedLayer(g, options)
  const forward = new Set(g.nodes.map((node) => node.output))
  const dy = g.input('dy', 'float32', y.shape)
  const gradients = backward(g, new Map([[y, dy]]), wantsInput ? [x, ...lambdas] : lambdas)
  const gradientOf = (value: Value): Value => {
    const gradient = gradients.get(value)
    if (gradient === undefined) throw graphFailure(`"${value.name}" has no gradient.`)
    return gradient
  }
  if (wantsInput) g.output(gradientOf(x), 'dx')
  if (lambdas.length > 0) g.output(op.concat(g, lambdas.map(gradientOf), 0), 'dLambda')
  return { graph: g.finish(), forward }
}

/** The plain layer, then the adapter put on it by rewriting: the layer itself knows nothing of adapters. */
function adaptedLayer(
  g: GraphBuilder,
  { config, rows, adapter, dropoutRate, arithmetic }: LayerGraphOptions,
) {
  const plain = plainLayer(config, rows, arithmetic !== null)
  const trained = adapter === null ? null : declareTrained(g, adapter, dropoutRate)
  const moved = rewriteOnto(g, plain.graph, trained?.replace ?? (() => null))
  const [x, y] = [plain.x, plain.graph.outputs[0]].map((value) => value && moved.get(value))
  if (x === undefined || y === undefined) throw graphFailure('The layer lost its input or its output.')
  return { x, y, lambdas: trained?.sites.flatMap((site) => site.trained) ?? [] }
}

function plainLayer(config: LlamaConfig, rows: number, fused: boolean): { graph: Graph; x: Value } {
  const { hiddenSize, headDim } = config
  const { copies, groups } = maskRepeats(config, rows, fused)
  const g = new GraphBuilder('layer')
  const x = g.input('x', 'float32', ['N', hiddenSize])
  const cos = g.input('cos', 'float32', ['N', headDim / 2])
  const sin = g.input('sin', 'float32', ['N', headDim / 2])
  const mask = g.input('mask', 'float32', [copies, groups === 1 ? 'T' : `${groups}·T`, 'T'])
  const inputs = { x, rotary: { cos, sin }, mask, rows, tokens: 'T', past: null, fused }
  const { x: y } = decoderLayer(
    g,
    config,
    layerPrefix,
    (name, shape) => g.input(name, 'float32', shape),
    inputs,
  )
  g.output(y, 'y')
  return { graph: g.finish(), x }
}

/**
 * The mask's shape `[copies, groups·T, T]`: repeated for the heads where scores are a matrix (one row's by
 * broadcasting), once a row where attention is one operator.
 */
export function maskRepeats(config: LlamaConfig, rows: number, fused: boolean) {
  if (fused && config.scoreCap === undefined) return { copies: rows, groups: 1 }
  const { headCount, kvHeadCount } = config
  return { copies: rows === 1 ? 1 : rows * kvHeadCount, groups: headCount / kvHeadCount }
}

function lowerToInputs(graph: Graph, { config, arithmetic, formats }: LayerGraphOptions): Graph {
  const sizes = new Map(linearKinds(config).map((size) => [`${layerPrefix}.${linearPath(size.kind)}`, size]))
  const weightOf = (g: GraphBuilder, module: string): LinearWeight => {
    const size = sizes.get(module)
    if (size === undefined) throw graphFailure(`A decoder layer has no linear layer ${module}.`)
    const name = `${module}.weight`
    return weightInput(g, name, [size.outFeatures, size.inFeatures], formats.get(name) ?? null)
  }
  return lowerGraph(graph, weightOf, arithmetic)
}
