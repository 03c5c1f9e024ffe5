import { Failure } from '../contract/failure.ts'
import { type Sentence, sentence } from '../contract/sentence.ts'
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
import { isOutOfMemory } from './out-of-memory.ts'
import { type Probing, sampled } from './probes.ts'
import type { RunCheckpoint, RunProgress } from './run-checkpoint.ts'
import type { RunPlan } from './run-plan.ts'
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
  const report = yield* withinMemory(run, planned, saveIfDue)
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

/**
 * Takes the step; where memory runs out, in smaller passes, as small as the longest example at the least, and then
 * with nothing kept that can be computed again.
 */
async function* withinMemory(
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
  const longest = Math.max(
    ...planned.examples.map((example) => example.ids.length + (plan.rejected.get(example)?.ids.length ?? 0)),
  )
  for (;;) {
    const { passTokens } = run.progress
    try {
      const batches = stepBatches(planned, passTokens, plan.rejected)
      return await takeStep(pass, adapter, run.optimizer, batches, step, saveIfDue)
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      const fewer = Math.max(longest, Math.floor(passTokens / 2))
      if (fewer >= passTokens && !pass.saveMemory()) throw outOfMemory(longest, error)
      const how =
        fewer < passTokens
          ? sentence`at most ${fewer} tokens are worked on at once instead of ${passTokens}`
          : sentence`as much as can be is computed twice instead of kept`
      const text = sentence`Memory ran out in step ${stepOfRun(run) + 1}: from there on ${how}, which takes longer and learns the same.`
      run.progress = { ...run.progress, passTokens: Math.min(fewer, passTokens) }
      yield noticed(run, fewer < passTokens ? 'smaller-passes' : 'computed-twice', text)
    }
  }
}

const halvesLeft = sentence`A number became too large for 16 bits: the run goes on in float32, which is slower and takes more memory.`

/** Keeps a notice with the run. */
function noticed(run: OngoingRun, code: string, text: Sentence): OperationEvent<'train'> {
  run.progress = { ...run.progress, notices: [...run.progress.notices, text] }
  return { type: 'notice', code, text }
}

export function outOfMemory(longest: number, cause: unknown): Failure {
  return new Failure(
    'out-of-memory',
    sentence`There is not enough memory for this run, not even for one example of ${longest} tokens at a time. Close other programs, leave out the longest examples, adapt fewer layers, or choose a smaller model.`,
    { cause },
  )
}

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
  {
    pass,
    progress,
    signal,
  }: Pick<OngoingRun, 'pass' | 'signal'> & {
    readonly progress: Pick<RunProgress, 'passTokens'>
  },
  adapter: LiveAdapter,
  examples: readonly TokenizedExample[],
  step: number,
  set: 'training' | 'heldOut',
): AsyncGenerator<OperationEvent<'train'>, number | null> {
  if (examples.length === 0) return null
  let loss = 0
  for await (const { lossSum, labels } of measure(pass, adapter, examples, progress.passTokens)) {
    if (signal.aborted) return null
    loss = lossSum / labels
  }
  yield { type: 'measured', step, set, loss }
  return loss
}

export function tokensPerSecond({ trainedTokens, elapsedMs }: RunProgress): number {
  return elapsedMs === 0 ? 0 : (trainedTokens / elapsedMs) * 1000
}
