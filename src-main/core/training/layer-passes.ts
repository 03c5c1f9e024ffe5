import { type Feeds, type Runtime, takeFloat32, type Tensor } from '../graph/runtime.ts'
import type { WeightFeeder } from '../llama/weight-feeds.ts'
import type { WeightSource } from '../llama/weight-source.ts'
import { layerRange, type VeraLayout } from '../vera/layout.ts'
import type { LiveAdapter } from '../vera/live-adapter.ts'
import type { Batch } from './batch.ts'
import { LayerStack, type StackEntry } from './layer-stack.ts'
import { LossScale } from './loss-scale.ts'

/** What a layer's backward pass is given of its forward pass. */
interface PassedLayer {
  readonly x: Tensor
  readonly kept: Feeds
}

/** What the layers of a pass have in common. */
interface LayerPass<Adapter> {
  readonly adapter: Adapter
  readonly feeds: Feeds
  /** The first layer that is to be gone through backwards, too. */
  readonly lowest: number
  readonly keeps: boolean
}

/** Batches on their way through the decoder layers, forwards and backwards. */
export class LayerPasses {
  readonly #runtime: Runtime
  readonly #weights: WeightSource
  readonly #layers: LayerStack
  /** Null where the runtime doesn't compute in 16 bits. */
  readonly #lossScale: LossScale | null

  constructor(runtime: Runtime, weights: WeightSource, feeder: WeightFeeder) {
    this.#runtime = runtime
    this.#weights = weights
    this.#layers = new LayerStack(runtime, weights, feeder)
    this.#lossScale = runtime.halves ? new LossScale() : null
  }

  /** From now on everything is computed again in the backward pass. */
  keepNothing(): void {
    this.#layers.keepNothing()
  }

  /** Whether the runtime computes in 16 bits, but these were not enough. */
  get leftHalves(): boolean {
    return this.#runtime.halves && this.#layers.isExact
  }

  close(): Promise<void> {
    return this.#layers.close()
  }

  /** The hidden states `[N, H]` before the layer `end`, keeping one at a time. */
  async through(
    batch: Batch,
    entry: StackEntry,
    end: number,
    adapter: LiveAdapter | null,
  ): Promise<Float32Array> {
    if (entry.layer >= end) return entry.x
    for (;;) {
      const x = await this.#layers.withBatch(batch, (feeds) =>
        this.#forwards(batch, entry, end, { adapter, feeds, lowest: end, keeps: false }, []),
      )
      if (!this.#outgrewHalves(x)) return x
    }
  }

  /**
   * Adds the gradient with respect to the adapter's vector to `gradient`.
   *
   * @param gradientAt the gradient at the hidden states after the last layer, given those: `[N, H]` each
   */
  async addGradient(
    batch: Batch,
    entry: StackEntry,
    adapter: LiveAdapter,
    gradient: Float32Array,
    gradientAt: (top: Float32Array) => Promise<Float32Array>,
  ): Promise<void> {
    const lowest = lowestLayer(adapter.layout)
    if (entry.layer > lowest) {
      throw new TypeError(`Layer ${lowest} is adapted, but the batch enters at layer ${entry.layer}.`)
    }
    let dTop: Float32Array | null = null
    const gradientOnce = async (top: Float32Array) => (dTop ??= await gradientAt(top))
    for (;;) {
      const found = await this.#gradientOf(batch, entry, adapter, gradientOnce)
      if (found === null || (!found.every(Number.isFinite) && this.#giveRoom())) continue
      return addInto(gradient, found, 0)
    }
  }

  /** Of one batch; null where the forward pass has to be repeated in float32. */
  async #gradientOf(
    batch: Batch,
    entry: StackEntry,
    adapter: LiveAdapter,
    gradientAt: (top: Float32Array) => Promise<Float32Array>,
  ): Promise<Float32Array | null> {
    const lowest = lowestLayer(adapter.layout)
    const keeps = await this.#layers.canKeep(batch, adapter, lowest)
    const passed: PassedLayer[] = []
    try {
      return await this.#layers.withBatch(batch, async (feeds) => {
        const pass = { adapter, feeds, lowest, keeps }
        const { layerCount } = this.#weights.model.config
        const top = await this.#forwards(batch, entry, layerCount, pass, passed)
        if (this.#outgrewHalves(top)) return null
        const dTop = await gradientAt(top)
        const factor = this.#lossScale?.factorFor(dTop) ?? 1
        const scaled = factor === 1 ? dTop : dTop.map((value) => value * factor)
        const gradient = new Float32Array(adapter.layout.length)
        await this.#backwards(batch, this.#hidden(scaled), pass, passed, gradient)
        return factor === 1 ? gradient : gradient.map((value) => value / factor)
      })
    } finally {
      for (const layer of passed) releaseLayer(layer)
    }
  }

  /** Whether hidden states were too large for 16 bits: they are to be computed again, from now on without them. */
  #outgrewHalves(x: Float32Array): boolean {
    return !this.#layers.isExact && !x.every(Number.isFinite) && this.#layers.computeExactly()
  }

  /** Where a gradient in 16 bits overflowed: lowers its scale, or ends computing in 16 bits; false where neither helps. */
  #giveRoom(): boolean {
    return this.#lossScale?.lower() === true || this.#layers.computeExactly()
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
    try {
      for (let { layer } = entry; layer < end; layer++) {
        const { y, kept } = await this.#layers.forward(
          layer,
          batch.rows,
          x,
          feeds,
          adapter,
          keeps && layer >= lowest,
        )
        if (layer >= lowest) passed.push({ x, kept })
        else x.release?.()
        x = y
      }
      return await takeFloat32(this.#runtime, x, 'y')
    } finally {
      x.release?.()
    }
  }

  /** Adds the gradients of all layers' parts to `gradient`, given that at the last layer's output, and frees `passed`. */
  async #backwards(
    batch: Batch,
    dTop: Tensor,
    { adapter, feeds, lowest, keeps }: LayerPass<LiveAdapter>,
    passed: PassedLayer[],
    gradient: Float32Array,
  ): Promise<void> {
    let dy: Tensor | null = dTop
    try {
      for (let layer = this.#weights.model.config.layerCount - 1; dy !== null && layer >= lowest; layer--) {
        const before = passed.at(-1)
        if (before === undefined) break
        const given = { ...before, dy, batchFeeds: feeds, keeps }
        const { dx, dLambda } = await this.#layers.backward(layer, batch.rows, given, adapter, layer > lowest)
        // Freed at once: the memory of a layer is wanted by the next.
        passed.pop()
        releaseLayer(before)
        dy.release?.()
        dy = dx
        if (dLambda !== null) addInto(gradient, dLambda, layerRange(adapter.layout, layer).start)
      }
    } finally {
      dy?.release?.()
    }
  }

  #hidden(data: Float32Array): Tensor {
    const H = this.#weights.model.config.hiddenSize
    return { data, shape: [data.length / H, H] }
  }
}

/** Below the lowest adapted layer nothing has a gradient. */
export function lowestLayer(layout: VeraLayout): number {
  return Math.min(...layout.sites.map((site) => site.layer))
}

function releaseLayer({ x, kept }: PassedLayer): void {
  x.release?.()
  for (const tensor of Object.values(kept)) tensor.release?.()
}

function addInto(target: Float32Array, part: Float32Array, start: number): void {
  for (let i = 0; i < part.length; i++) target[start + i] = (target[start + i] ?? 0) + (part[i] ?? 0)
}
