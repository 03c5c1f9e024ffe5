import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { Dropout } from '../vera/dropout.ts'
import type { LiveAdapter } from '../vera/live-adapter.ts'
import { type Batch, batchOf } from './batch.ts'
import { clipGradient } from './clip.ts'
import type { PlannedStep } from './epochs.ts'
import type { FrozenPrefix } from './frozen-prefix.ts'
import type { TrainingPass } from './loss-gradient.ts'
import {
  marginsIn,
  ownersOf,
  type PreferenceReport,
  type Preferences,
  reportOf,
  stepObjective,
  sumByExample,
} from './objective.ts'
import type { Optimizer, OptimizerState, RateGroup } from './optimizer.ts'
import { packRows, type TokenizedExample } from './packing.ts'
import { learningRateAt, type Schedule } from './schedule.ts'

/** Examples are packed into rows of this many tokens: attention costs grow with the square of a row. */
const rowTokens = 256
/** Tokens of one pass through the layers at most (a single longer row is one pass); bounds the memory. */
export const defaultPassTokens = 1024

export interface StepSettings {
  readonly schedule: Schedule
  readonly optimizer: Optimizer
  readonly groups: readonly RateGroup[]
  /** Largest gradient norm; 0 is off. */
  readonly clipNorm: number
  /** What every step of the run draws anew; null is off. */
  readonly dropout?: Pick<Dropout, 'rate' | 'seed'> | null
  readonly preferences?: Preferences | null
}

/** What one optimizer step did. */
export interface StepReport {
  /** Counted from 1. */
  readonly step: number
  /** Before the step: the mean over its labels, nats a token, with preferences plus the mean over its pairs. */
  readonly loss: number
  /** Null where no example has a rejected answer. */
  readonly preference: PreferenceReport | null
  readonly learningRate: number
  /** Before clipping. */
  readonly gradientNorm: number
}

/**
 * One optimizer step over the batches of a step, changing the adapter's vectors and the optimizer's state in
 * place. The gradient is that of the mean over all labels of all batches, and of all pairs: see `stepObjective`.
 *
 * @param onProven called before anything is changed, when loss and gradient are known to be numbers
 * @throws Failure `loss-not-finite`, with vectors and state as they were before the step.
 */
export async function takeStep(
  pass: TrainingPass,
  adapter: LiveAdapter,
  state: OptimizerState,
  batches: readonly Batch[],
  { schedule, optimizer, groups, clipNorm, dropout = null, preferences = null }: StepSettings,
  onProven: () => void = () => {},
): Promise<StepReport> {
  const objective = stepObjective(batches, preferences)
  const gradient = new Float32Array(adapter.vectors.length)
  for (const [index, batch] of batches.entries()) {
    const draw = dropout === null ? null : { ...dropout, step: state.stepCount, batch: index }
    await pass.addGradient(batch, { ...adapter, dropout: draw }, objective.weigh(batch), gradient)
  }
  const { loss, preference } = objective.report()
  const gradientNorm = clipGradient(gradient, clipNorm)
  const learningRate = learningRateAt(schedule, state.stepCount)
  if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
    throw lossNotFinite(state.stepCount + 1, schedule.peak)
  }
  onProven()
  optimizer.step(adapter.vectors, gradient, state, learningRate, groups)
  return { step: state.stepCount, loss, preference, learningRate, gradientNorm }
}

function lossNotFinite(step: number, learningRate: number): Failure {
  return new Failure(
    'loss-not-finite',
    sentence`The loss of step ${step} is no longer a number, so the run was stopped; its last good checkpoint is kept. Start again with a learning rate below ${learningRate}, half of it for example, or with more warm-up.`,
  )
}

type RejectedOf = Preferences['rejected']
const noneRejected: RejectedOf = new Map()

/** The batches of a planned step, each small enough for one pass; rejected examples go with those chosen. */
export function stepBatches(
  step: PlannedStep,
  passTokens = defaultPassTokens,
  rejected = noneRejected,
): readonly Batch[] {
  return passesOf(step.examples, passTokens, rejected)
}

/** The cross entropy under the base model of every chosen and rejected example; yields after each batch. */
export async function* measureReference(
  pass: TrainingPass,
  rejected: RejectedOf,
  passTokens = defaultPassTokens,
): AsyncGenerator<void, ReadonlyMap<TokenizedExample, number>> {
  const reference = new Map<TokenizedExample, number>()
  for (const batch of passesOf(shortestFirst([...rejected.keys()]), passTokens, rejected)) {
    const { losses, places } = await pass.labelLosses(batch, null)
    for (const [example, sum] of sumByExample(losses, ownersOf(batch, places))) reference.set(example, sum)
    yield
  }
  return reference
}

/** How far the pairs are told apart; yields after each batch. */
export async function* measurePreferences(
  pass: TrainingPass,
  adapter: LiveAdapter,
  preferences: Preferences,
  passTokens = defaultPassTokens,
): AsyncGenerator<void, PreferenceReport | null> {
  const { rejected } = preferences
  const margins: number[] = []
  for (const batch of passesOf(shortestFirst([...rejected.keys()]), passTokens, rejected)) {
    const { losses, places } = await pass.labelLosses(batch, adapter)
    const found = marginsIn(batch, preferences, losses, ownersOf(batch, places))
    margins.push(...found.map(({ margin }) => margin))
    yield
  }
  return reportOf(margins)
}

/** Computes what the prefix keeps of its examples, always in the same batches; yields after each. */
export async function* fillPrefix(
  pass: TrainingPass,
  prefix: FrozenPrefix,
  examples: readonly TokenizedExample[],
  passTokens = defaultPassTokens,
): AsyncGenerator<void> {
  for (const batch of passesOf(shortestFirst(examples), passTokens)) {
    await pass.fillPrefix(prefix, batch)
    yield
  }
}

/** Lets the examples follow the base model's distribution; yields after each batch. */
export async function* followBase(
  pass: TrainingPass,
  examples: readonly TokenizedExample[],
  passTokens = defaultPassTokens,
): AsyncGenerator<void> {
  for (const batch of passesOf(shortestFirst(examples), passTokens)) {
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
  passTokens = defaultPassTokens,
): AsyncGenerator<LossSum, LossSum> {
  let sum: LossSum = { lossSum: 0, labels: 0 }
  for (const batch of passesOf(shortestFirst(examples), passTokens)) {
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

/** Packs examples in their order, each with its rejected one, into passes of about `passTokens`. */
function passesOf(
  examples: readonly TokenizedExample[],
  passTokens: number,
  rejectedOf = noneRejected,
): readonly Batch[] {
  const groups: TokenizedExample[][] = []
  let tokens = Number.POSITIVE_INFINITY
  for (const example of examples) {
    const rejected = rejectedOf.get(example)
    const together = rejected === undefined ? [example] : [example, rejected]
    const length = together.reduce((sum, { ids }) => sum + ids.length, 0)
    if (tokens + length > passTokens) {
      groups.push([])
      tokens = 0
    }
    groups.at(-1)?.push(...together)
    tokens += length
  }
  return groups.map((group) => batchOf(packRows(group, Math.min(rowTokens, passTokens))))
}
