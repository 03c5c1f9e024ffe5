import { GraphBuilder } from '../graph/builder.ts'
import { type Graph, graphFailure, type Shape, type Value } from '../graph/graph.ts'
import * as op from '../graph/operators.ts'
import type { BlockArithmetic } from '../graph/runtime.ts'
import { attentionKinds, attentionSuffix } from './attention-kinds.ts'
import type { LlamaConfig } from './config.ts'
import { decoderLayer, head, type LayerInputs, type ParameterOf, times } from './layer.ts'
import { lowerGraph } from './lower-graph.ts'
import type { LinearWeight } from './lower-linear.ts'
import { type Extent, type StoredModel, type StoredWeight, weightName } from './stored-model.ts'

export interface DecoderForm {
  /** Whether keys and values of earlier tokens and of new ones come out joined. */
  readonly joinsCache?: boolean
  /** Whether the runtime has `CachedAttention`; not with a joined cache. */
  readonly fused?: boolean
}

/**
 * The whole decoder with a KV cache, one row, as chat runs it; linear layers are not lowered yet.
 *
 * Inputs: `x [N, H]` embedded tokens, `cos`, `sin [N, D/2]`, `mask [1, G·T, C+T]` (and those of windowed layers, see
 * `attentionKinds`), `scored [M]` int64 rows whose logits are wanted, and of each layer `keys.i [K, D, C]`, `values.i [K, C, D]`.
 * Outputs: `logits [M, V]`, `newKeys [L, K, D, T]`, `newValues [L, K, T, D]`; where the cache is joined, the old and
 * new ones of each layer instead: `nextKeys.i [K, D, C+T]`, `nextValues.i [K, C+T, D]`, C being at least 1.
 */
export function decoderGraph(
  model: StoredModel,
  weightsFile: string,
  { joinsCache = false, fused = false }: DecoderForm = {},
): Graph {
  const { config } = model
  const { hiddenSize: H, headDim: D, kvHeadCount: K } = config
  const G = config.headCount / K
  const g = new GraphBuilder('decoder')
  const parameter = storedParameters(g, model, weightsFile)
  const embedded = g.input('x', 'float32', ['N', H])
  const placesOf = declarePlaces(g, config, [1, times(G, 'T'), 'C+T'])
  const scored = g.input('scored', 'int64', ['M'])
  let x = embedded
  let capacity: Value | null = null
  const newKeys: Value[] = []
  const newValues: Value[] = []
  for (let layer = 0; layer < config.layerCount; layer++) {
    const keys = g.input(`keys.${layer}`, 'float32', [K, D, 'C'])
    const values = g.input(`values.${layer}`, 'float32', [K, 'C', D])
    if (!joinsCache) capacity ??= op.sizeOf(g, keys, 2)
    const past = { keys, values, capacity }
    const result = decoderLayer(g, config, `model.layers.${layer}`, parameter, {
      x,
      ...placesOf(layer),
      rows: 1,
      tokens: 'T',
      past,
      fused,
    })
    x = result.x
    newKeys.push(result.joined?.keys ?? result.keys)
    newValues.push(result.joined?.values ?? result.values)
  }
  g.output(head(g, config, parameter, op.gather(g, x, scored)), 'logits')
  if (joinsCache) {
    newKeys.forEach((keys, layer) => g.output(keys, `nextKeys.${layer}`))
    newValues.forEach((values, layer) => g.output(values, `nextValues.${layer}`))
    return g.finish()
  }
  // Turned once for all layers.
  const ofAll = (parts: readonly Value[], perm: readonly number[]): Value =>
    op.transpose(g, op.reshape(g, op.concat(g, parts, 0), [config.layerCount, 'T', K, D]), perm)
  g.output(ofAll(newKeys, [0, 2, 3, 1]), 'newKeys')
  g.output(ofAll(newValues, [0, 2, 1, 3]), 'newValues')
  return g.finish()
}

/**
 * A step of several texts at once, each with a cache of its own; linear layers are not lowered yet.
 *
 * Inputs: `x [N, H]`, one token a text, `cos`, `sin [N, D/2]`, `mask [K·N, 1, C+1]`
 * (and those of windowed layers), and of each layer `keys.i
 * [K·N, D, C]`, `values.i [K·N, C, D]`. Outputs: `logits [N, V]`, `newKeys` and `newValues [L, K·N, D]`.
 */
export function stepGraph(model: StoredModel, weightsFile: string, fused: boolean): Graph {
  const { config } = model
  const { hiddenSize: H, headDim: D, kvHeadCount: K } = config
  const g = new GraphBuilder('step')
  const parameter = storedParameters(g, model, weightsFile)
  const rows = times(K, 'N')
  let x = g.input('x', 'float32', ['N', H])
  const placesOf = declarePlaces(g, config, [rows, 1, 'C+1'])
  let capacity: Value | null = null
  const newKeys: Value[] = []
  const newValues: Value[] = []
  for (let layer = 0; layer < config.layerCount; layer++) {
    const keys = g.input(`keys.${layer}`, 'float32', [rows, D, 'C'])
    const values = g.input(`values.${layer}`, 'float32', [rows, 'C', D])
    capacity ??= op.sizeOf(g, keys, 2)
    const result = decoderLayer(g, config, `model.layers.${layer}`, parameter, {
      x,
      ...placesOf(layer),
      rows: 'N',
      tokens: 1,
      past: { keys, values, capacity },
      fused,
    })
    x = result.x
    newKeys.push(result.keys)
    newValues.push(result.values)
  }
  g.output(head(g, config, parameter, x), 'logits')
  const ofAll = (parts: readonly Value[]): Value =>
    op.reshape(g, op.concat(g, parts, 0), [config.layerCount, rows, D])
  g.output(ofAll(newKeys), 'newKeys')
  g.output(ofAll(newValues), 'newValues')
  return g.finish()
}

/** Declares the rotary tables and masks of each kind of attention; returns those of a layer. */
function declarePlaces(
  g: GraphBuilder,
  config: LlamaConfig,
  maskShape: Shape,
): (layer: number) => Pick<LayerInputs, 'rotary' | 'mask'> {
  const kinds = new Map(
    attentionKinds(config).map(({ suffix }) => [
      suffix,
      {
        cos: g.input(`cos${suffix}`, 'float32', ['N', config.headDim / 2]),
        sin: g.input(`sin${suffix}`, 'float32', ['N', config.headDim / 2]),
        mask: g.input(`mask${suffix}`, 'float32', maskShape),
      },
    ]),
  )
  return (layer) => {
    const kind = kinds.get(attentionSuffix(config, layer))
    if (kind === undefined) throw graphFailure(`Layer ${layer} has no mask.`)
    const { cos, sin, mask } = kind
    return { rotary: config.unrotatedLayers?.includes(layer) ? null : { cos, sin }, mask }
  }
}

/** Gives a decoder graph its linear weights, straight from the weights file. */
export function lowerToStored(
  graph: Graph,
  model: StoredModel,
  weightsFile: string,
  arithmetic: BlockArithmetic | null,
): Graph {
  const weightOf = (g: GraphBuilder, module: string): LinearWeight => {
    const name = weightName(model.config, module)
    const stored = storedWeight(model, name)
    if (stored.kind === 'dense')
      return { kind: 'matrix', matrix: denseParameter(g, name, stored, weightsFile) }
    const { bits, rows, columns } = stored
    const part = (suffix: string, dtype: 'uint8' | 'float32', shape: readonly number[], extent: Extent) =>
      g.initializer(`${name}.${suffix}`, dtype, shape, { kind: 'external', file: weightsFile, ...extent })
    return {
      kind: 'blocks',
      bits,
      quants: part('quants', 'uint8', [rows, columns / 32, 4 * bits], stored.quants),
      scales: part('scales', 'float32', [rows, columns / 32], stored.scales),
      offsets:
        stored.offsets === null ? null : part('offsets', 'float32', [rows, columns / 32], stored.offsets),
    }
  }
  return lowerGraph(graph, weightOf, arithmetic)
}

function storedParameters(g: GraphBuilder, model: StoredModel, weightsFile: string): ParameterOf {
  return (name) => {
    const stored = storedWeight(model, name)
    if (stored.kind !== 'dense') throw graphFailure(`The parameter ${name} is in blocks.`)
    return denseParameter(g, name, stored, weightsFile)
  }
}

/** 16-bit weights are kept so in the file; the runtime turns them to float32 once, when it loads them. */
function denseParameter(
  g: GraphBuilder,
  name: string,
  stored: StoredWeight & { readonly kind: 'dense' },
  weightsFile: string,
): Value {
  const { dtype, shape, offset, length } = stored
  const value = g.initializer(name, dtype, shape, { kind: 'external', file: weightsFile, offset, length })
  return dtype === 'float32' ? value : op.cast(g, value, 'float32')
}

function storedWeight(model: StoredModel, name: string): StoredWeight {
  const stored = model.weights[name]
  if (stored === undefined) throw graphFailure(`The model has no tensor ${name}.`)
  return stored
}
