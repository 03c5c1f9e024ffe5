import { sentence } from '../contract/sentence.ts'
import type { PlannedStep } from '../core/training/epochs.ts'
import {
  keepBetter,
  type KeptVectors,
  newHeldOutRecord,
  runsOutOfPatience,
  withMeasurement,
} from '../core/training/held-out-record.ts'
import type { TrainingPass } from '../core/training/loss-gradient.ts'
import { updateAverage } from '../core/training/moving-average.ts'
import { newOptimizerState, type OptimizerState } from '../core/training/optimizer.ts'
import type { TokenizedExample } from '../core/training/packing.ts'
import { measure, stepBatches, type StepReport, takeStep } from '../core/training/trainer.ts'
import type { Preferences } from '../core/training/objective.ts'
import type { LiveAdapter } from '../core/vera/live-adapter.ts'
import type { OperationEvent, TrainingSettings } from './contract.ts'
import { type Probing, sampled } from './probes.ts'
import type { RunCheckpoint, RunProgress } from './run-checkpoint.ts'
import { longestOf, type RunPlan } from './run-plan.ts'
import { noticed, type WithinMemory, withinMemory } from './within-memory.ts'
import { workedMs } from './working-time.ts'

/** A run as it goes on; what of it a checkpoint holds changes from step to step. */
export interface OngoingRun {
  readonly plan: RunPlan
  readonly settings: TrainingSettings
  readonly pass: TrainingPass
  readonly probing: Probing
  /** Over the vectors that are trained. */
  readonly adapter: LiveAdapter
  readonly signal: AbortSignal
  readonly average: Float32Array | null
  readonly preferences: Preferences | null
  optimizer: OptimizerState
  kept: KeptVectors | null
  progress: RunProgress
}

export function checkpointOf({ adapter, optimizer, average, kept, progress }: OngoingRun): RunCheckpoint {
  return { vectors: adapter.vectors, optimizer, average, kept, progress }
}

/** The adapter that is measured and kept: the average's where there is one. */
function evaluatedAdapter({ adapter, average }: OngoingRun): LiveAdapter {
  return average === null ? adapter : { ...adapter, vectors: average }
}

/** Steps over all seeds, each with all of its steps. */
export function stepOfRun({
  plan,
  progress,
  optimizer,
}: Pick<OngoingRun, 'plan' | 'progress' | 'optimizer'>): number {
  return progress.seedIndex * plan.stepsPerSeed + optimizer.stepCount
}

/**
 * Trains the present seed from where it is to its end, which may be an early one, and notes its result; false
 * where it was cut off before.
 *
 * @param saveIfDue called where a checkpoint of the run may be written
 */
export async function* trainSeed(
  run: OngoingRun,
  saveIfDue: () => void,
): AsyncGenerator<OperationEvent<'train'>, boolean> {
  const { plan, settings, signal } = run
  const steps = plan.seeds[run.progress.seedIndex]?.steps ?? []
  const measureEvery = Math.ceil(steps.length / settings.evaluations)
  for (;;) {
    const done = run.optimizer.stepCount
    const isMeasured = done % measureEvery === 0 || done === steps.length
    // At the top of the round, so that a run which was stopped in between measures, too.
    if (isMeasured && done > run.progress.heldOut.measuredStep) {
      // Before the measurement, which tells a run that goes on whether this was done.
      yield* sampled(run.probing, evaluatedAdapter(run), stepOfRun(run), signal)
      const isComplete = !signal.aborted && (yield* measureHeldOut(run, done === steps.length))
      if (!isComplete) return false
    }
    const planned = steps[done]
    if (planned === undefined || runsOutOfPatience(run.progress.heldOut, settings.patience)) {
      endSeed(run, planned !== undefined)
      return true
    }
    if (signal.aborted) return false
    yield* oneStep(run, planned, saveIfDue)
  }
}

async function* oneStep(
  run: OngoingRun,
  planned: PlannedStep,
  saveIfDue: () => void,
): AsyncGenerator<OperationEvent<'train'>, void> {
  const { plan, settings, adapter, average } = run
  const before = performance.now()
  const report = yield* stepWithinMemory(run, planned, saveIfDue)
  if (run.pass.leftHalves && !run.progress.notices.some(({ pattern }) => pattern === halvesLeft.pattern))
    yield noticed(run, 'halves-left', halvesLeft)
  if (average !== null) updateAverage(average, adapter.vectors, settings.averageDecay, report.step)
  const stepsBefore = stepOfRun(run) - 1
  const usualMs = stepsBefore === 0 ? null : run.progress.elapsedMs / stepsBefore
  const elapsedMs = run.progress.elapsedMs + workedMs(performance.now() - before, usualMs)
  const trainedTokens = run.progress.trainedTokens + planned.tokens
  run.progress = { ...run.progress, elapsedMs, trainedTokens }
  const step = stepOfRun(run)
  const steps = plan.stepsPerSeed * plan.seeds.length
  yield {
    type: 'step',
    ...report,
    step,
    steps,
    epoch: planned.epoch,
    tokensPerSecond: tokensPerSecond(run.progress),
    elapsedMs,
    remainingMs: (elapsedMs / step) * (steps - step),
  }
}

async function* stepWithinMemory(
  run: OngoingRun,
  planned: PlannedStep,
  saveIfDue: () => void,
): AsyncGenerator<OperationEvent<'train'>, StepReport> {
  const { plan, settings, pass, adapter } = run
  const { seed } = plan.seeds[run.progress.seedIndex] ?? settings
  const step = {
    ...plan.step,
    dropout: settings.dropout > 0 ? { rate: settings.dropout, seed } : null,
    preferences: run.preferences,
  }
  const longest = longestOf(planned.examples, plan.rejected)
  return yield* withinMemory(run, longest, stepOfRun(run) + 1, async (passTokens) => {
    const batches = stepBatches(planned, passTokens, plan.rejected)
    return await takeStep(pass, adapter, run.optimizer, batches, step, saveIfDue)
  })
}

const halvesLeft = sentence`A number became too large for 16 bits: the run goes on in float32, which is slower and takes more memory.`

/** Measures the held-out examples and keeps the vectors where they are to be kept; false where it was cut off. */
async function* measureHeldOut(
  run: OngoingRun,
  isLast: boolean,
): AsyncGenerator<OperationEvent<'train'>, boolean> {
  const { plan, settings } = run
  const adapter = evaluatedAdapter(run)
  const loss = yield* measured(run, adapter, plan.heldOut, stepOfRun(run), 'heldOut')
  if (loss === null) return plan.heldOut.length === 0
  const step = run.optimizer.stepCount
  const heldOut = withMeasurement(run.progress.heldOut, step, loss)
  const isEnd = isLast || runsOutOfPatience(heldOut, settings.patience)
  run.progress = { ...run.progress, heldOut }
  if (settings.keep === 'best' || isEnd) {
    const { seedIndex } = run.progress
    run.kept = keepBetter(run.kept, { vectors: adapter.vectors, seedIndex, step, loss })
  }
  return true
}

/** Notes the seed's result and sets everything back for the next one. */
function endSeed(run: OngoingRun, stoppedEarly: boolean): void {
  const { plan, settings, adapter, average, progress, optimizer } = run
  const { seedIndex, heldOut } = progress
  const lossKept = settings.keep === 'best' ? heldOut.bestLoss : heldOut.lastLoss
  const result = {
    seed: plan.seeds[seedIndex]?.seed ?? settings.seed,
    step: optimizer.stepCount,
    heldOutLoss: plan.heldOut.length === 0 ? null : lossKept,
    stoppedEarly,
  }
  // Without held-out examples there is one seed, and its end is kept.
  const { vectors } = evaluatedAdapter(run)
  run.kept ??= keepBetter(null, { vectors, seedIndex, step: optimizer.stepCount, loss: null })
  adapter.vectors.set(plan.start)
  average?.set(plan.start)
  run.optimizer = newOptimizerState(plan.step.optimizer, plan.start.length)
  run.progress = {
    ...progress,
    seedIndex: seedIndex + 1,
    seedResults: [...progress.seedResults, result],
    heldOut: newHeldOutRecord,
  }
}

/** The mean loss, as an event and as the result; null where there is nothing to measure or it was cancelled. */
export async function* measured(
  run: WithinMemory & Pick<OngoingRun, 'signal'>,
  adapter: LiveAdapter,
  examples: readonly TokenizedExample[],
  step: number,
  set: 'training' | 'heldOut',
): AsyncGenerator<OperationEvent<'train'>, number | null> {
  if (examples.length === 0) return null
  const loss = yield* withinMemory(run, longestOf(examples), null, async (passTokens) => {
    let mean = 0
    for await (const { lossSum, labels } of measure(run.pass, adapter, examples, passTokens)) {
      if (run.signal.aborted) return null
      mean = lossSum / labels
    }
    return mean
  })
  if (loss !== null) yield { type: 'measured', step, set, loss }
  return loss
}

export function tokensPerSecond({ trainedTokens, elapsedMs }: RunProgress): number {
  return elapsedMs === 0 ? 0 : (trainedTokens / elapsedMs) * 1000
}
