import { type Feeds, float32Data, type Runtime, type Session, type Tensor } from '../graph/runtime.ts'
import { linearKinds, linearPath } from '../llama/linear-kinds.ts'
import { inverseFrequencies, rotaryTables } from '../llama/rope.ts'
import type { WeightSource } from '../llama/weight-source.ts'
import { layerRange, type VeraLayout } from '../vera/layout.ts'
import type { LiveAdapter } from '../vera/live-adapter.ts'
import { attentionMask, type Batch } from './batch.ts'
import { layerBackwardGraph, layerForwardGraph, layerPrefix } from './training-graphs.ts'

/**
 * The decoder layers, run one at a time over one pair of graphs, their weights dequantised into one buffer just
 * before each run: the memory of a model's training is that of one layer and the borders between layers.
 */
export class LayerStack {
  readonly #runtime: Runtime
  readonly #weights: WeightSource
  readonly #sessions = new Map<string, Promise<Session>>()
  readonly #layerWeights: Readonly<Record<string, Tensor & { readonly data: Float32Array }>>
  #loadedLayer: number | null = null

  constructor(runtime: Runtime, weights: WeightSource) {
    this.#runtime = runtime
    this.#weights = weights
    this.#layerWeights = allocateLayer(weights)
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).close()
    this.#sessions.clear()
  }

  /** Everything that the layers' runs over one batch share. */
  batchFeeds(batch: Batch): Feeds {
    const { config } = this.#weights.model
    const { cos, sin } = rotaryTables(inverseFrequencies(config), batch.positions)
    const shape = [batch.ids.length, config.headDim / 2]
    return { cos: { data: cos, shape }, sin: { data: sin, shape }, mask: attentionMask(config, batch) }
  }

  /** x `[N, H]` → y `[N, H]` */
  async forward(
    layer: number,
    rows: number,
    x: Float32Array,
    batchFeeds: Feeds,
    adapter: LiveAdapter | null,
  ): Promise<Float32Array> {
    const part = adapter === null ? null : layerPart(adapter, layer)
    const session = await this.#session(`forward ${rows} ${part !== null}`, () =>
      layerForwardGraph(this.#weights.model.config, rows, part?.layout ?? null),
    )
    const results = await session.run({ ...this.#feeds(layer, x, batchFeeds), ...part?.feeds })
    return float32Data(results['y'], 'y')
  }

  /** The gradients at a layer's input (if wanted) and of its part of the adapter's vector, given that at its output. */
  async backward(
    layer: number,
    rows: number,
    x: Float32Array,
    dy: Float32Array,
    batchFeeds: Feeds,
    adapter: LiveAdapter,
    wantsInput: boolean,
  ): Promise<{ readonly dx: Float32Array | null; readonly dLambda: Float32Array | null }> {
    const part = layerPart(adapter, layer)
    const session = await this.#session(`backward ${rows} ${part !== null} ${wantsInput}`, () =>
      layerBackwardGraph(this.#weights.model.config, rows, part?.layout ?? null, wantsInput),
    )
    const feeds = this.#feeds(layer, x, batchFeeds)
    const results = await session.run({
      ...feeds,
      dy: { data: dy, shape: feeds['x']?.shape ?? [] },
      ...part?.feeds,
    })
    return {
      dx: wantsInput ? float32Data(results['dx'], 'dx') : null,
      dLambda: part === null ? null : float32Data(results['dLambda'], 'dLambda'),
    }
  }

  #session(key: string, graph: () => Parameters<Runtime['open']>[0]): Promise<Session> {
    const known = this.#sessions.get(key)
    if (known !== undefined) return known
    const opened = this.#runtime.open(graph())
    this.#sessions.set(key, opened)
    return opened
  }

  #feeds(layer: number, x: Float32Array, batchFeeds: Feeds): Feeds {
    if (this.#loadedLayer !== layer) {
      for (const [name, { data }] of Object.entries(this.#layerWeights)) {
        this.#weights.read(name.replace(layerPrefix, `model.layers.${layer}`), data)
      }
      this.#loadedLayer = layer
    }
    const { hiddenSize } = this.#weights.model.config
    return {
      x: { data: x, shape: [x.length / hiddenSize, hiddenSize] },
      ...batchFeeds,
      ...this.#layerWeights,
    }
  }
}

/** The adapter's share of one layer as a layout and feeds of its own; null where the layer isn't adapted. */
function layerPart(adapter: LiveAdapter, layer: number): { layout: VeraLayout; feeds: Feeds } | null {
  const { layout, vectors, projectionFeeds } = adapter
  const { start, end } = layerRange(layout, layer)
  if (start === end) return null
  const sites = layout.sites
    .filter((site) => site.layer === layer)
    .map((site) => ({
      ...site,
      module: `${layerPrefix}.${linearPath(site.kind)}`,
      lambdaD: site.lambdaD - start,
      lambdaB: site.lambdaB - start,
    }))
  const lambda = { data: vectors.subarray(start, end), shape: [end - start] }
  return {
    layout: { ...layout, sites, length: end - start },
    feeds: { ...projectionFeeds, 'vera.lambda': lambda },
  }
}

/** Buffers for the weights of one layer, by their names in the layer's graphs. */
function allocateLayer(weights: WeightSource): Record<string, Tensor & { readonly data: Float32Array }> {
  const { config } = weights.model
  const shapes: Record<string, readonly number[]> = {}
  for (const norm of ['input_layernorm', 'post_attention_layernorm']) {
    shapes[`${layerPrefix}.${norm}.weight`] = [config.hiddenSize]
  }
  for (const { kind, inFeatures, outFeatures } of linearKinds(config)) {
    const module = `${layerPrefix}.${linearPath(kind)}`
    shapes[`${module}.weight`] = [outFeatures, inFeatures]
    const hasBias = linearPath(kind).startsWith('mlp') ? config.mlpBias : config.attentionBias
    if (hasBias) shapes[`${module}.bias`] = [outFeatures]
  }
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape },
    ]),
  )
}
