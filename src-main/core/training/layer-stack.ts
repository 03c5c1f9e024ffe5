import { PlacedFeeds } from '../graph/placed-feeds.ts'
import { type Feeds, float32Data, type Runtime, type Tensor } from '../graph/runtime.ts'
import { SessionCache } from '../graph/session-cache.ts'
import { type AttentionKind, attentionKinds, attentionSuffix } from '../llama/attention-kinds.ts'
import { linearPath } from '../llama/linear-kinds.ts'
import { rotaryFeeds, unrotatedTables } from '../llama/rope.ts'
import { layerShapes } from '../llama/tensor-names.ts'
import type { BlockFormat } from '../llama/lower-linear.ts'
import { formatName, type WeightFeeder } from '../llama/weight-feeds.ts'
import type { WeightSource } from '../llama/weight-source.ts'
import { dropoutFeeds } from '../vera/dropout.ts'
import { layerLayout, layerRange, layoutSignature, type VeraLayout } from '../vera/layout.ts'
import { type LiveAdapter, vectorFeeds } from '../vera/live-adapter.ts'
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
 * The decoder layers, run one at a time over one pair of graphs. Weights are given as they are stored or, where the
 * runtime doesn't take those, dequantised into one buffer just before each run: the memory of a model's training is that of one layer and the borders between layers.
 */
export class LayerStack {
  readonly #runtime: Runtime
  readonly #weights: WeightSource
  readonly #sessions: SessionCache
  readonly #feeder: WeightFeeder
  /** The adapter's projections. */
  readonly #projections: PlacedFeeds
  readonly #kinds: readonly AttentionKind[]
  readonly #rotary: (positions: ArrayLike<number>) => Feeds
  /** For the float32 tensors of one layer, by their names in its graphs. */
  readonly #buffers = new Map<string, Float32Array>()
  #loaded: LayerWeights | null = null
  #keptWidth: number | null = null
  #keepBytes = keepBytes
  #isExact: boolean

  constructor(runtime: Runtime, weights: WeightSource, feeder: WeightFeeder) {
    this.#runtime = runtime
    this.#feeder = feeder
    this.#projections = new PlacedFeeds(runtime, 'half')
    this.#sessions = new SessionCache(runtime)
    this.#isExact = !runtime.halves
    this.#weights = weights
    this.#kinds = attentionKinds(weights.model.config)
    this.#rotary = rotaryFeeds(this.#kinds)
  }

  async close(): Promise<void> {
    this.#projections.release()
    await this.#sessions.close()
  }

  /** Calls `use` with everything that the layers' runs over one batch share. */
  async withBatch<T>(batch: Batch, use: (feeds: Feeds) => Promise<T>): Promise<T> {
    const { config } = this.#weights.model
    const fused = this.#runtime.blockArithmetic !== null
    const masks = this.#kinds.map(
      ({ suffix, window }) => [`mask${suffix}`, attentionMask(config, batch, window, fused)] as const,
    )
    const shared = new PlacedFeeds(this.#runtime, 'full')
    try {
      return await use(await shared.place({ ...this.#rotary(batch.positions), ...Object.fromEntries(masks) }))
    } finally {
      shared.release()
    }
  }

  /** Whether the matrix products from layer `lowest` on may be kept for the backward pass: see `keepBytes`. */
  async canKeep(batch: Batch, adapter: LiveAdapter, lowest: number): Promise<boolean> {
    this.#keptWidth ??= await this.#widthToKeep(adapter, lowest)
    const layers = this.#weights.model.config.layerCount - lowest
    return this.#keptWidth * batch.ids.length * 4 * layers <= this.#keepBytes
  }

  /** From now on everything is computed again in the backward pass, and the weights are asked for anew. */
  keepNothing(): void {
    this.#keepBytes = 0
    this.#loaded = null
  }

  /** Whether everything is computed in float32. */
  get isExact(): boolean {
    return this.#isExact
  }

  /** From now on everything is computed in float32, whatever the runtime does; false where it is so already. */
  computeExactly(): boolean {
    if (this.#isExact) return false
    this.#isExact = true
    return true
  }

  /** x `[N, H]` → y `[N, H]` and what is kept for `backward`; the caller releases all three. */
  async forward(
    layer: number,
    rows: number,
    x: Tensor,
    batchFeeds: Feeds,
    adapter: LiveAdapter | null,
    keep: boolean,
  ): Promise<{ readonly y: Tensor; readonly kept: Feeds }> {
    const part = layerPart(adapter, layer, x.shape[0] ?? 0)
    const weights = await this.#load(layer)
    const options = this.#options(weights, rows, part, keep)
    const session = await this.#sessions.open(
      `forward ${rows} ${part?.signature} ${keep} ${weights.format} ${this.#isExact}`,
      () => layerForwardGraph(options),
      (graph) => ({ staying: graph.outputs.map(({ name }) => name), exact: this.#isExact }),
    )
    const feeds = this.#feeds(weights, x, batchFeeds)
    const { y, ...kept } = await session.run({ ...feeds, ...(await this.#partFeeds(part)) })
    if (y === undefined) throw new TypeError('The layer gave no y.')
    return { y, kept }
  }

  /** The gradients at a layer's input (if wanted) and of its part of the adapter's vector, given that at its output. */
  async backward(
    layer: number,
    rows: number,
    given: {
      readonly x: Tensor
      readonly dy: Tensor
      readonly batchFeeds: Feeds
      readonly kept: Feeds
      readonly keeps: boolean
    },
    adapter: LiveAdapter,
    wantsInput: boolean,
  ): Promise<{ readonly dx: Tensor | null; readonly dLambda: Float32Array | null }> {
    const part = layerPart(adapter, layer, given.x.shape[0] ?? 0)
    const weights = await this.#load(layer)
    const options = this.#options(weights, rows, part, given.keeps)
    const session = await this.#sessions.open(
      `backward ${rows} ${part?.signature} ${given.keeps} ${wantsInput} ${weights.format} ${this.#isExact}`,
      () => layerBackwardGraph(options, wantsInput),
      () => ({ staying: ['dx'], exact: this.#isExact }),
    )
    const feeds = this.#feeds(weights, given.x, given.batchFeeds)
    const { dy, kept } = given
    const results = await session.run({ ...feeds, ...kept, ...(await this.#partFeeds(part)), dy })
    return {
      dx: results['dx'] ?? null,
      dLambda: part === null ? null : float32Data(results['dLambda'], 'dLambda'),
    }
  }

  /** Numbers a token and layer. */
  async #widthToKeep(adapter: LiveAdapter, lowest: number): Promise<number> {
    const part = layerPart(adapter, lowest, 0)
    const options = this.#options(await this.#load(lowest), 1, part, true)
    return keptValues(options).reduce((sum, { shape }) => sum + Number(shape[1]), 0)
  }

  #options(
    { formats }: LayerWeights,
    rows: number,
    part: LayerPart | null,
    keep: boolean,
  ): LayerGraphOptions {
    const { config } = this.#weights.model
    const adapted = { adapter: part?.layout ?? null, dropoutRate: part?.dropoutRate ?? 0 }
    return { config, rows, ...adapted, keep, arithmetic: this.#runtime.blockArithmetic, formats }
  }

  #feeds(weights: LayerWeights, x: Tensor, batchFeeds: Feeds): Feeds {
    const { config } = this.#weights.model
    const { headDim, unrotatedLayers } = config
    return {
      x,
      ...feedsOfKind(batchFeeds, attentionSuffix(config, weights.layer)),
      ...(unrotatedLayers?.includes(weights.layer) && unrotatedFeeds(headDim, x.shape[0] ?? 0)),
      ...weights.feeds,
    }
  }

  async #partFeeds(part: LayerPart | null): Promise<Feeds> {
    return part === null ? {} : { ...part.feeds, ...(await this.#projections.place(part.projections)) }
  }

  async #load(layer: number): Promise<LayerWeights> {
    if (this.#loaded?.layer === layer) return this.#loaded
    // Its buffers are overwritten, even if this fails.
    this.#loaded = null
    const formats = new Map<string, BlockFormat>()
    const feeds: Record<string, Tensor> = {}
    for (const [name, shape] of layerShapes(this.#weights.model.config, layerPrefix)) {
      const part = { stored: name.replace(layerPrefix, `model.layers.${layer}`), shape }
      const buffer = (length: number) => this.#buffer(name, length)
      const given = await this.#feeder.feeds(name, part, buffer)
      formats.set(name, given.format)
      Object.assign(feeds, given.feeds)
    }
    this.#loaded = { layer, feeds, formats, format: [...formats.values()].map(formatName).join() }
    return this.#loaded
  }

  #buffer(name: string, length: number): Float32Array {
    const buffer = this.#buffers.get(name) ?? new Float32Array(length)
    this.#buffers.set(name, buffer)
    return buffer
  }
}

/** The weights of a layer as its graphs take them. */
interface LayerWeights {
  readonly layer: number
  readonly feeds: Feeds
  readonly formats: ReadonlyMap<string, BlockFormat>
  /** Tells layers apart whose graphs differ. */
  readonly format: string
}

/** One graph serves layers of all kinds: it takes each kind's tables and mask by the same names. */
function feedsOfKind(batchFeeds: Feeds, suffix: string): Feeds {
  const feeds: Record<string, Tensor> = {}
  for (const name of ['cos', 'sin', 'mask']) {
    const feed = batchFeeds[`${name}${suffix}`]
    if (feed !== undefined) feeds[name] = feed
  }
  return feeds
}

/** One graph serves all layers: those that don't rotate are told to rotate by nothing. */
function unrotatedFeeds(headDim: number, length: number): Feeds {
  const { cos, sin } = unrotatedTables(headDim, length)
  const shape = [length, headDim / 2]
  return { cos: { data: cos, shape }, sin: { data: sin, shape } }
}

/** The adapter's share of one layer. */
interface LayerPart {
  readonly layout: VeraLayout
  readonly dropoutRate: number
  readonly projections: Feeds
  readonly feeds: Feeds
  /** Tells graphs apart; they are the same for layers that are adapted alike. */
  readonly signature: string
}

/** For `tokens` rows of x; null where the layer isn't adapted. */
function layerPart(adapter: LiveAdapter | null, layer: number, tokens: number): LayerPart | null {
  if (adapter === null) return null
  const { start, end } = layerRange(adapter.layout, layer)
  if (start === end) return null
  const { dropout } = adapter
  const layout = layerLayout(adapter.layout, layer, (kind) => `${layerPrefix}.${linearPath(kind)}`)
  return {
    layout,
    dropoutRate: dropout?.rate ?? 0,
    projections: adapter.projectionFeeds,
    feeds: {
      ...vectorFeeds(adapter.vectors.subarray(start, end)),
      ...(dropout === null ? {} : dropoutFeeds(layout, layer, tokens, dropout)),
    },
    signature: `${layoutSignature(layout)} ${dropout?.rate ?? 0}`,
  }
}
