import { Failure } from '../../contract/failure.ts'
import {
  type Feeds,
  float32Data,
  type Runtime,
  type Session,
  takeFloat32,
  type Tensor,
} from '../graph/runtime.ts'
import { WeightFeeder } from '../llama/weight-feeds.ts'
import { embed, type WeightSource } from '../llama/weight-source.ts'
import { layerRange, type VeraLayout } from '../vera/layout.ts'
import type { LiveAdapter } from '../vera/live-adapter.ts'
import { type Batch, labelledPlaces } from './batch.ts'
import type { FrozenPrefix } from './frozen-prefix.ts'
import { LayerStack, type StackEntry } from './layer-stack.ts'
import { OutputLayer, type SoftTarget } from './output-loss.ts'
import type { LabelWeights } from './objective.ts'
import type { TokenizedExample } from './packing.ts'
import { finalNormBackwardGraph, finalNormForwardGraph } from './output-graphs.ts'

/** A model's forward, loss and backward pass, ready to be run over batches. */
export class TrainingPass {
  readonly #runtime: Runtime
  readonly #weights: WeightSource
  readonly #feeder: WeightFeeder
  readonly #layers: LayerStack
  readonly #output: OutputLayer
  readonly #normForward: Session
  readonly #normBackward: Session
  readonly #normScale: Float32Array
  #prefix: FrozenPrefix | null = null
  #savesMemory = false
  /** Of examples that follow the base model: the target at each of their tokens that predicts a scored one. */
  readonly #softTargets = new Map<TokenizedExample, ReadonlyMap<number, SoftTarget>>()

  private constructor(runtime: Runtime, weights: WeightSource, normForward: Session, normBackward: Session) {
    this.#runtime = runtime
    this.#weights = weights
    this.#feeder = new WeightFeeder(runtime, weights)
    this.#layers = new LayerStack(runtime, weights, this.#feeder)
    this.#output = new OutputLayer(runtime, weights, this.#feeder)
    this.#normForward = normForward
    this.#normBackward = normBackward
    this.#normScale = new Float32Array(weights.model.config.hiddenSize)
    weights.read('model.norm.weight', this.#normScale)
  }

  static async open(runtime: Runtime, weights: WeightSource): Promise<TrainingPass> {
    const { config } = weights.model
    return new TrainingPass(
      runtime,
      weights,
      await runtime.open(finalNormForwardGraph(config)),
      await runtime.open(finalNormBackwardGraph(config)),
    )
  }

  /**
   * From now on passes take as little memory as they can, and longer: what the backward pass needs is computed again,
   * and a device is fed the weights anew. False where it is so already.
   */
  saveMemory(): boolean {
    if (this.#savesMemory) return false
    this.#savesMemory = true
    this.#layers.keepNothing()
    this.#feeder.keepNothing()
    return true
  }

  async close(): Promise<void> {
    this.#feeder.release()
    await this.#layers.close()
    await this.#output.close()
    await this.#normForward.close()
    await this.#normBackward.close()
  }

  /** The hidden states `[N, H]` before each layer and after the last (not normed): `layerCount + 1` of them. */
  async hiddenStates(batch: Batch, adapter: LiveAdapter | null): Promise<readonly Float32Array[]> {
    const states = [embed(this.#weights, batch.ids)]
    const { layerCount } = this.#weights.model.config
    for (let layer = 0; layer < layerCount; layer++) {
      states.push(await this.#through(batch, { layer, x: lastOf(states) }, layer + 1, adapter))
    }
    return states
  }

  /** The base model's logits after every token of a text: `[ids.length, V]`. */
  async logits(ids: readonly number[]): Promise<Float32Array> {
    const places = Int32Array.from(ids.keys())
    const nothing = new Int32Array(ids.length)
    const batch: Batch = {
      rows: 1,
      ids: Int32Array.from(ids),
      positions: places,
      segments: nothing,
      labels: nothing.map(() => -1),
      spans: [],
    }
    const { layerCount } = this.#weights.model.config
    const x = await this.#through(batch, this.#enter(batch), layerCount, null)
    return await this.#output.logits(await this.#norm(x))
  }

  /** Keeps in the prefix what the batch is before its layer. */
  async fillPrefix(prefix: FrozenPrefix, batch: Batch): Promise<void> {
    const entry = { layer: 0, x: embed(this.#weights, batch.ids) }
    prefix.keep(batch, await this.#through(batch, entry, prefix.layer, null))
  }

  /** From now on batches enter above the layers of the prefix, wherever it holds them; no adapter may be below. */
  enterAbove(prefix: FrozenPrefix): void {
    this.#prefix = prefix
  }

  /**
   * From now on the examples of the batch are to be answered as the base model does, token by token with its whole
   * distribution: their loss is the divergence from it (distillation, Hinton et al., arXiv 1503.02531). Where the
   * model caps its logits they stay as they are: its answers are learned like any other.
   */
  async followBase(batch: Batch): Promise<void> {
    const { layerCount } = this.#weights.model.config
    const x = await this.#through(batch, this.#enter(batch), layerCount, null)
    const places = labelledPlaces(batch)
    const targets = await this.#output.softTargets(
      await this.#norm(gatherRows(x, places, this.#normScale.length)),
    )
    if (targets === null) return
    const atPlace = new Map(targets.map((target, row) => [places[row] ?? 0, target]))
    for (const { example, from, to, place } of batch.spans) {
      const known = new Map(this.#softTargets.get(example))
      for (let t = from; t < to; t++) {
        const target = atPlace.get(place + t - from)
        if (target !== undefined) known.set(t, target)
      }
      this.#softTargets.set(example, known)
    }
  }

  /** The cross entropy summed over the batch's labels, nats; keeps one hidden state at a time. */
  async loss(batch: Batch, adapter: LiveAdapter | null): Promise<number> {
    return (await this.labelLosses(batch, adapter)).lossSum
  }

  /** The cross entropy at each of the batch's labelled places, nats; keeps one hidden state at a time. */
  async labelLosses(batch: Batch, adapter: LiveAdapter | null) {
    if (adapter !== null) refuseOutput(adapter.layout)
    const { layerCount } = this.#weights.model.config
    const x = await this.#through(batch, this.#enter(batch), layerCount, adapter)
    const places = labelledPlaces(batch)
    const normed = await this.#norm(gatherRows(x, places, this.#normScale.length))
    const soft = this.#softAt(batch, places)
    const { losses, lossSum } = await this.#output.loss(normed, labelsAt(batch, places), false, soft)
    return { places, losses, lossSum }
  }

  /**
   * Adds the gradient of the cross entropies, each times its weight, with respect to the adapter's vector to
   * `gradient` and returns the summed cross entropy. With the weight 1/N over a step's N labels, several batches
   * add up to the gradient of the mean over all of them.
   */
  async addGradient(
    batch: Batch,
    adapter: LiveAdapter,
    weigh: LabelWeights,
    gradient: Float32Array,
  ): Promise<number> {
    refuseOutput(adapter.layout)
    const H = this.#weights.model.config.hiddenSize
    const lowest = lowestLayer(adapter.layout)
    const keeps = await this.#layers.canKeep(batch, adapter, lowest)
    const entry = this.#enter(batch)
    if (entry.layer > lowest) {
      throw new TypeError(`Layer ${lowest} is adapted, but the batch enters at layer ${entry.layer}.`)
    }
    const passed: PassedLayer[] = []
    try {
      return await this.#layers.withBatch(batch, async (feeds) => {
        const { layerCount } = this.#weights.model.config
        const top = await this.#forwards(batch, entry, layerCount, { adapter, feeds, lowest, keeps }, passed)
        const places = labelledPlaces(batch)
        const last = gatherRows(top, places, H)
        const normed = await this.#norm(last)
        const soft = this.#softAt(batch, places)
        const result = await this.#output.loss(normed, labelsAt(batch, places), true, soft)
        const weights = weigh(result.losses, places)
        const dNormed =
          result.gradient?.map((value, i) => value * (weights[Math.floor(i / H)] ?? 0)) ?? new Float32Array(0)
        const shape = [places.length, H]
        const dLast = await this.#normBackward.run({
          x: { data: last, shape },
          dy: { data: dNormed, shape },
          'model.norm.weight': { data: this.#normScale, shape: [H] },
        })
        const dTop = scatterRows(float32Data(dLast['dx'], 'dx'), places, H, batch.ids.length)
        await this.#backwards(batch, this.#hidden(dTop), { adapter, feeds, lowest, keeps }, passed, gradient)
        return result.lossSum
      })
    } finally {
      for (const layer of passed) releaseLayer(layer)
    }
  }

  /** The hidden states before the layer `end`, and in `passed` what the layers from the lowest on are to know again. */
  async #forwards(
    batch: Batch,
    entry: StackEntry,
    end: number,
    { adapter, feeds, lowest, keeps }: LayerPass<LiveAdapter | null>,
    passed: PassedLayer[],
  ): Promise<Float32Array> {
    let x = this.#hidden(entry.x)
    for (let { layer } = entry; layer < end; layer++) {
      const keep = keeps && layer >= lowest
      const { y, kept } = await this.#layers.forward(layer, batch.rows, x, feeds, adapter, keep)
      if (layer >= lowest) passed.push({ x, kept })
      else x.release?.()
      x = y
    }
    const taken = await takeFloat32(this.#runtime, x, 'y')
    x.release?.()
    return taken
  }

  /** Adds the gradients of all layers' parts to `gradient`, given that at the last layer's output, and frees `passed`. */
  async #backwards(
    batch: Batch,
    dTop: Tensor,
    { adapter, feeds, lowest, keeps }: LayerPass<LiveAdapter>,
    passed: PassedLayer[],
    gradient: Float32Array,
  ): Promise<void> {
    let dy = dTop
    for (let layer = this.#weights.model.config.layerCount - 1; layer >= lowest; layer--) {
      const before = passed.at(-1)
      if (before === undefined) break
      const given = { ...before, dy, batchFeeds: feeds, keeps }
      const { dx, dLambda } = await this.#layers.backward(layer, batch.rows, given, adapter, layer > lowest)
      // Freed at once: the memory of a layer is wanted by the next.
      passed.pop()
      releaseLayer(before)
      dy.release?.()
      if (dLambda !== null) addInto(gradient, dLambda, layerRange(adapter.layout, layer).start)
      if (dx !== null) dy = dx
    }
  }

  #hidden(data: Float32Array): Tensor {
    const H = this.#weights.model.config.hiddenSize
    return { data, shape: [data.length / H, H] }
  }

  /** The soft targets by the row of their place. */
  #softAt(batch: Batch, places: Int32Array): ReadonlyMap<number, SoftTarget> {
    const soft = new Map<number, SoftTarget>()
    for (const { example, from, to, place } of batch.spans) {
      const targets = this.#softTargets.get(example)
      if (targets === undefined) continue
      places.forEach((labelled, row) => {
        const t = labelled - place + from
        const target = t < from || t >= to ? undefined : targets.get(t)
        if (target !== undefined) soft.set(row, target)
      })
    }
    return soft
  }

  #enter(batch: Batch): StackEntry {
    return this.#prefix?.enter(batch) ?? { layer: 0, x: embed(this.#weights, batch.ids) }
  }

  /** The hidden states before the layer `end`, keeping one at a time. */
  async #through(
    batch: Batch,
    entry: StackEntry,
    end: number,
    adapter: LiveAdapter | null,
  ): Promise<Float32Array> {
    if (entry.layer >= end) return entry.x
    return await this.#layers.withBatch(batch, (feeds) =>
      this.#forwards(batch, entry, end, { adapter, feeds, lowest: end, keeps: false }, []),
    )
  }

  async #norm(x: Float32Array): Promise<Float32Array> {
    const H = this.#normScale.length
    const results = await this.#normForward.run({
      x: { data: x, shape: [x.length / H, H] },
      'model.norm.weight': { data: this.#normScale, shape: [H] },
    })
    return float32Data(results['y'], 'y')
  }
}

/** What a layer's backward pass is given of its forward pass. */
interface PassedLayer {
  readonly x: Tensor
  readonly kept: Feeds
}

/** What the layers of a pass have in common. */
interface LayerPass<Adapter> {
  readonly adapter: Adapter
  readonly feeds: Feeds
  readonly lowest: number
  readonly keeps: boolean
}

function releaseLayer({ x, kept }: PassedLayer): void {
  x.release?.()
  for (const tensor of Object.values(kept)) tensor.release?.()
}

/** The output layer is passed slice by slice over the vocabulary, as the model has it. */
function refuseOutput({ sites }: VeraLayout): void {
  if (!sites.some(({ kind }) => kind === 'lm_head')) return
  throw new Failure(
    'adapter-output-layer',
    'The adapter also changes the output layer (lm_head): it answers, but its loss is not measured and it is not trained further.',
  )
}

/** Below the lowest adapted layer nothing has a gradient. */
export function lowestLayer(layout: VeraLayout): number {
  return Math.min(...layout.sites.map((site) => site.layer))
}

function labelsAt(batch: Batch, places: Int32Array): Int32Array {
  return places.map((place) => batch.labels[place] ?? 0)
}

function gatherRows(x: Float32Array, places: Int32Array, width: number): Float32Array {
  const rows = new Float32Array(places.length * width)
  places.forEach((place, row) => rows.set(x.subarray(place * width, (place + 1) * width), row * width))
  return rows
}

function scatterRows(rows: Float32Array, places: Int32Array, width: number, count: number): Float32Array {
  const x = new Float32Array(count * width)
  places.forEach((place, row) => x.set(rows.subarray(row * width, (row + 1) * width), place * width))
  return x
}

function addInto(target: Float32Array, part: Float32Array, start: number): void {
  for (let i = 0; i < part.length; i++) target[start + i] = (target[start + i] ?? 0) + (part[i] ?? 0)
}

function lastOf(states: readonly Float32Array[]): Float32Array {
  const last = states.at(-1)
  if (last === undefined) throw new TypeError('There is no hidden state.')
  return last
}
