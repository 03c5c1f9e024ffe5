import { type Feeds, float32Data, type Runtime, type Session, type Tensor } from '../graph/runtime.ts'
import { linearPath } from '../llama/linear-kinds.ts'
import { inverseFrequencies, rotaryTables } from '../llama/rope.ts'
import { layerShapes } from '../llama/tensor-names.ts'
import type { WeightSource } from '../llama/weight-source.ts'
import { layerRange, type VeraLayout } from '../vera/layout.ts'
import { adapterFeeds, type LiveAdapter } from '../vera/live-adapter.ts'
import { attentionMask, type Batch } from './batch.ts'
import {
  keptValues,
  layerBackwardGraph,
  layerForwardGraph,
  type LayerGraphOptions,
  layerPrefix,
} from './layer-graphs.ts'

/**
 * Memory that may hold the results of matrix products between the forward and the backward pass. What doesn't fit
 * is computed again, which takes about a fifth more time.
 */
const keepBytes = 512 * 1024 * 1024

/** Where a batch enters the layers: the hidden states `x [N, H]` before `layer`. */
export interface StackEntry {
  readonly layer: number
  readonly x: Float32Array
}

/**
 * The decoder layers, run one at a time over one pair of graphs, their weights dequantised into one buffer just
 * before each run: the memory of a model's training is that of one layer and the borders between layers.
 */
export class LayerStack {
  readonly #runtime: Runtime
  readonly #weights: WeightSource
  readonly #sessions = new Map<string, Promise<Session>>()
  readonly #frequencies: Float32Array
  readonly #layerWeights: Readonly<Record<string, Tensor & { readonly data: Float32Array }>>
  #loadedLayer: number | null = null
  #keptWidth: number | null = null

  constructor(runtime: Runtime, weights: WeightSource) {
    this.#runtime = runtime
    this.#weights = weights
    this.#frequencies = inverseFrequencies(weights.model.config)
    this.#layerWeights = allocateLayer(weights)
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).close()
    this.#sessions.clear()
  }

  /** Everything that the layers' runs over one batch share. */
  batchFeeds(batch: Batch): Feeds {
    const { config } = this.#weights.model
    const { cos, sin } = rotaryTables(this.#frequencies, batch.positions)
    const shape = [batch.ids.length, config.headDim / 2]
    return { cos: { data: cos, shape }, sin: { data: sin, shape }, mask: attentionMask(config, batch) }
  }

  /** Whether the matrix products from layer `lowest` on may be kept for the backward pass: see `keepBytes`. */
  canKeep(batch: Batch, adapter: LiveAdapter, lowest: number): boolean {
    this.#keptWidth ??= this.#widthToKeep(adapter, lowest)
    const layers = this.#weights.model.config.layerCount - lowest
    return this.#keptWidth * batch.ids.length * 4 * layers <= keepBytes
  }

  /** x `[N, H]` → y `[N, H]` and what is kept for `backward`. */
  async forward(
    layer: number,
    rows: number,
    x: Float32Array,
    batchFeeds: Feeds,
    adapter: LiveAdapter | null,
    keep: boolean,
  ): Promise<{ readonly y: Float32Array; readonly kept: Feeds }> {
    const part = adapter === null ? null : layerPart(adapter, layer)
    const options = this.#options(rows, part?.layout ?? null, keep)
    const session = await this.#session(`forward ${rows} ${part !== null} ${keep}`, () =>
      layerForwardGraph(options),
    )
    const { y, ...kept } = await session.run({ ...this.#feeds(layer, x, batchFeeds), ...part?.feeds })
    return { y: float32Data(y, 'y'), kept }
  }

  /** The gradients at a layer's input (if wanted) and of its part of the adapter's vector, given that at its output. */
  async backward(
    layer: number,
    rows: number,
    given: {
      readonly x: Float32Array
      readonly dy: Float32Array
      readonly batchFeeds: Feeds
      readonly kept: Feeds
      readonly keeps: boolean
    },
    adapter: LiveAdapter,
    wantsInput: boolean,
  ): Promise<{ readonly dx: Float32Array | null; readonly dLambda: Float32Array | null }> {
    const part = layerPart(adapter, layer)
    const options = this.#options(rows, part?.layout ?? null, given.keeps)
    const session = await this.#session(
      `backward ${rows} ${part !== null} ${given.keeps} ${wantsInput}`,
      () => layerBackwardGraph(options, wantsInput),
    )
    const feeds = this.#feeds(layer, given.x, given.batchFeeds)
    const dy = { data: given.dy, shape: feeds['x']?.shape ?? [] }
    const results = await session.run({ ...feeds, ...given.kept, ...part?.feeds, dy })
    return {
      dx: wantsInput ? float32Data(results['dx'], 'dx') : null,
      dLambda: part === null ? null : float32Data(results['dLambda'], 'dLambda'),
    }
  }

  /** Numbers a token and layer. */
  #widthToKeep(adapter: LiveAdapter, lowest: number): number {
    const options = this.#options(1, layerPart(adapter, lowest)?.layout ?? null, true)
    return keptValues(options).reduce((sum, { shape }) => sum + Number(shape[1]), 0)
  }

  #options(rows: number, adapter: VeraLayout | null, keep: boolean): LayerGraphOptions {
    return { config: this.#weights.model.config, rows, adapter, keep }
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
  const { layout, vectors } = adapter
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
  return {
    layout: { ...layout, sites, length: end - start },
    feeds: adapterFeeds({ ...adapter, vectors: vectors.subarray(start, end) }),
  }
}

/** Buffers for the weights of one layer, by their names in the layer's graphs. */
function allocateLayer(weights: WeightSource): Record<string, Tensor & { readonly data: Float32Array }> {
  return Object.fromEntries(
    [...layerShapes(weights.model.config, layerPrefix)].map(([name, shape]) => [
      name,
      { data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape },
    ]),
  )
}
