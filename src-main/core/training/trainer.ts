import { Failure } from '../../contract/failure.ts'
import type { LiveAdapter } from '../vera/live-adapter.ts'
import { type AdamWSettings, type AdamWState, ADAMW_DEFAULTS, stepAdamW } from './adamw.ts'
import { type Batch, batchOf } from './batch.ts'
import { clipGradient } from './clip.ts'
import type { PlannedStep } from './epochs.ts'
import type { FrozenPrefix } from './frozen-prefix.ts'
import type { TrainingPass } from './loss-gradient.ts'
import { packRows, type TokenizedExample } from './packing.ts'
import { learningRateAt, type Schedule } from './schedule.ts'

/** Examples are packed into rows of this many tokens: attention costs grow with the square of a row. */
const rowTokens = 256
/** Tokens of one pass through the layers at most (a single longer row is one pass); bounds the memory. */
const passTokens = 1024

export interface OptimizerSettings {
  readonly schedule: Schedule
  readonly weightDecay: number
  /** Largest gradient norm; 0 is off. */
  readonly clipNorm: number
}

/** What one optimizer step did. */
export interface StepReport {
  /** Counted from 1. */
  readonly step: number
  /** Mean over the step's labels before the step, nats a token. */
  readonly loss: number
  readonly learningRate: number
  /** Before clipping. */
  readonly gradientNorm: number
}

/**
 * One optimizer step over the batches of a step, changing the adapter's vectors and the optimizer's state in
 * place. The gradient is that of the mean over all labels of all batches.
 *
 * @throws Failure `loss-not-finite`, with vectors and state as they were before the step.
 */
export async function takeStep(
  pass: TrainingPass,
  adapter: LiveAdapter,
  state: AdamWState,
  batches: readonly Batch[],
  settings: OptimizerSettings,
): Promise<StepReport> {
  const labels = batches.reduce((sum, batch) => sum + countLabels(batch), 0)
  const gradient = new Float32Array(adapter.vectors.length)
  let lossSum = 0
  for (const batch of batches) lossSum += await pass.addGradient(batch, adapter, 1 / labels, gradient)
  const loss = lossSum / labels
  const gradientNorm = clipGradient(gradient, settings.clipNorm)
  if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
    throw new Failure(
      'loss-not-finite',
      `The loss of step ${state.stepCount + 1} is no longer a number. Choose a smaller learning rate and start again.`,
    )
  }
  const learningRate = learningRateAt(settings.schedule, state.stepCount)
  const adamw: AdamWSettings = { ...ADAMW_DEFAULTS, weightDecay: settings.weightDecay }
  stepAdamW(adapter.vectors, gradient, state, learningRate, adamw)
  return { step: state.stepCount, loss, learningRate, gradientNorm }
}

/** The batches of a planned step, each small enough for one pass. */
export function stepBatches(step: PlannedStep): readonly Batch[] {
  return passesOf(step.examples)
}

/** Computes what the prefix keeps of its examples, always in the same batches; yields after each. */
export async function* fillPrefix(
  pass: TrainingPass,
  prefix: FrozenPrefix,
  examples: readonly TokenizedExample[],
): AsyncGenerator<void> {
  for (const batch of passesOf(shortestFirst(examples))) {
    await pass.fillPrefix(prefix, batch)
    yield
  }
}

/** Lets the examples follow the base model's distribution; yields after each batch. */
export async function* followBase(
  pass: TrainingPass,
  examples: readonly TokenizedExample[],
): AsyncGenerator<void> {
  for (const batch of passesOf(shortestFirst(examples))) {
    await pass.followBase(batch)
    yield
  }
}

/** A loss so far: nats summed over the labels that were counted. */
export interface LossSum {
  readonly lossSum: number
  readonly labels: number
}

/** Measures examples; yields the sum so far after each pass and returns it. */
export async function* measure(
  pass: TrainingPass,
  adapter: LiveAdapter | null,
  examples: readonly TokenizedExample[],
): AsyncGenerator<LossSum, LossSum> {
  let sum: LossSum = { lossSum: 0, labels: 0 }
  for (const batch of passesOf(shortestFirst(examples))) {
    const loss = await pass.loss(batch, adapter)
    sum = { lossSum: sum.lossSum + loss, labels: sum.labels + countLabels(batch) }
    yield sum
  }
  return sum
}

function shortestFirst(examples: readonly TokenizedExample[]): readonly TokenizedExample[] {
  return examples.toSorted((a, b) => a.ids.length - b.ids.length)
}

function countLabels(batch: Batch): number {
  return batch.labels.reduce((count, label) => (label >= 0 ? count + 1 : count), 0)
}

/** Packs examples in their order into passes of about `passTokens`. */
function passesOf(examples: readonly TokenizedExample[]): readonly Batch[] {
  const groups: TokenizedExample[][] = []
  let tokens = Number.POSITIVE_INFINITY
  for (const example of examples) {
    if (tokens + example.ids.length > passTokens) {
      groups.push([])
      tokens = 0
    }
    groups.at(-1)?.push(example)
    tokens += example.ids.length
  }
  return groups.map((group) => batchOf(packRows(group, rowTokens)))
}
