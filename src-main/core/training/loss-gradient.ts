import { Failure } from '../../contract/failure.ts'
import type { Runtime } from '../graph/runtime.ts'
import { WeightFeeder } from '../llama/weight-feeds.ts'
import { embed, type WeightSource } from '../llama/weight-source.ts'
import type { VeraLayout } from '../vera/layout.ts'
import type { LiveAdapter } from '../vera/live-adapter.ts'
import type { Batch } from './batch.ts'
import { FinalNorm } from './final-norm.ts'
import type { FrozenPrefix } from './frozen-prefix.ts'
import { LabelledRows } from './labelled-rows.ts'
import { LayerPasses } from './layer-passes.ts'
import type { StackEntry } from './layer-stack.ts'
import type { LabelWeights } from './objective.ts'
import { OutputLayer } from './output-loss.ts'
import { SoftTargets } from './soft-targets.ts'

/** A model's forward, loss and backward pass, ready to be run over batches. */
export class TrainingPass {
  readonly #weights: WeightSource
  readonly #feeder: WeightFeeder
  readonly #layers: LayerPasses
  readonly #norm: FinalNorm
  readonly #output: OutputLayer
  readonly #softTargets = new SoftTargets()
  #prefix: FrozenPrefix | null = null
  #savesMemory = false

  private constructor(runtime: Runtime, weights: WeightSource, norm: FinalNorm) {
    this.#weights = weights
    this.#feeder = new WeightFeeder(runtime, weights)
    this.#layers = new LayerPasses(runtime, weights, this.#feeder)
    this.#norm = norm
    this.#output = new OutputLayer(runtime, weights, this.#feeder)
  }

  static async open(runtime: Runtime, weights: WeightSource): Promise<TrainingPass> {
    return new TrainingPass(runtime, weights, await FinalNorm.open(runtime, weights))
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

  /** Whether a number was too large for the 16 bits that the runtime computes in, so that it is float32 now. */
  get leftHalves(): boolean {
    return this.#layers.leftHalves
  }

  async close(): Promise<void> {
    this.#feeder.release()
    await this.#layers.close()
    await this.#output.close()
    await this.#norm.close()
  }

  /** The hidden states `[N, H]` before each layer and after the last (not normed): `layerCount + 1` of them. */
  async hiddenStates(batch: Batch, adapter: LiveAdapter | null): Promise<readonly Float32Array[]> {
    const states = [embed(this.#weights, batch.ids)]
    const { layerCount } = this.#weights.model.config
    for (let layer = 0; layer < layerCount; layer++) {
      states.push(await this.#layers.through(batch, { layer, x: lastOf(states) }, layer + 1, adapter))
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
    const x = await this.#layers.through(batch, this.#enter(batch), layerCount, null)
    return await this.#output.logits(await this.#norm.forward(x))
  }

  /** Keeps in the prefix what the batch is before its layer. */
  async fillPrefix(prefix: FrozenPrefix, batch: Batch): Promise<void> {
    const entry = { layer: 0, x: embed(this.#weights, batch.ids) }
    prefix.keep(batch, await this.#layers.through(batch, entry, prefix.layer, null))
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
    const x = await this.#layers.through(batch, this.#enter(batch), layerCount, null)
    const rows = this.#labelled(batch)
    const targets = await this.#output.softTargets(await this.#norm.forward(rows.take(x)))
    if (targets !== null) this.#softTargets.keep(batch, rows.places, targets)
  }

  /** The cross entropy summed over the batch's labels, nats; keeps one hidden state at a time. */
  async loss(batch: Batch, adapter: LiveAdapter | null): Promise<number> {
    return (await this.labelLosses(batch, adapter)).lossSum
  }

  /** The cross entropy at each of the batch's labelled places, nats; keeps one hidden state at a time. */
  async labelLosses(batch: Batch, adapter: LiveAdapter | null) {
    if (adapter !== null) refuseOutput(adapter.layout)
    const { layerCount } = this.#weights.model.config
    const x = await this.#layers.through(batch, this.#enter(batch), layerCount, adapter)
    const rows = this.#labelled(batch)
    const { places, labels } = rows
    const soft = this.#softTargets.at(batch, places)
    const { losses, lossSum } = await this.#output.loss(
      await this.#norm.forward(rows.take(x)),
      labels,
      false,
      soft,
    )
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
    const rows = this.#labelled(batch)
    const { places, labels } = rows
    const soft = this.#softTargets.at(batch, places)
    let sum = NaN
    await this.#layers.addGradient(batch, this.#enter(batch), adapter, gradient, async (top) => {
      const last = rows.take(top)
      const loss = await this.#output.loss(await this.#norm.forward(last), labels, true, soft)
      sum = loss.lossSum
      const dNormed = rows.weighted(loss.gradient ?? new Float32Array(0), weigh(loss.losses, places))
      return rows.putBack(await this.#norm.backward(last, dNormed))
    })
    return sum
  }

  #labelled(batch: Batch): LabelledRows {
    return new LabelledRows(batch, this.#weights.model.config.hiddenSize)
  }

  #enter(batch: Batch): StackEntry {
    return this.#prefix?.enter(batch) ?? { layer: 0, x: embed(this.#weights, batch.ids) }
  }
}

/** The output layer is passed slice by slice over the vocabulary, as the model has it. */
function refuseOutput({ sites }: VeraLayout): void {
  if (!sites.some(({ kind }) => kind === 'lm_head')) return
  throw new Failure(
    'adapter-output-layer',
    'The adapter also changes the output layer (lm_head): it answers, but its loss is not measured and it is not trained further.',
  )
}

function lastOf(states: readonly Float32Array[]): Float32Array {
  const last = states.at(-1)
  if (last === undefined) throw new TypeError('There is no hidden state.')
  return last
}
