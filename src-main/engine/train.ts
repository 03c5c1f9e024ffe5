import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import { newHeldOutRecord } from '../core/training/held-out-record.ts'
import { TrainingPass } from '../core/training/loss-gradient.ts'
import { newOptimizerState } from '../core/training/optimizer.ts'
import { followBase } from '../core/training/trainer.ts'
import { encodeAdapter } from '../core/vera/adapter-file.ts'
import { type LiveAdapter, liveAdapter } from '../core/vera/live-adapter.ts'
import { projections } from '../core/vera/projections.ts'
import type { OperationEvent, TrainInput, TrainResult } from './contract.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { Operation } from './operation-table.ts'
import { isOutOfMemory } from './out-of-memory.ts'
import { peakMemoryBytes } from './peak-memory.ts'
import { type Probing, sampled } from './probes.ts'
import { replayExamples } from './replay.ts'
import type { EngineResources } from './resources.ts'
import {
  loadCheckpoint,
  type RunCheckpoint,
  type RunProgress,
  saveCheckpoint,
  writeDurably,
} from './run-checkpoint.ts'
import { adaptedLayers, longestOf, planRun, type RunPlan } from './run-plan.ts'
import { preferenceAfter, preferencesOf, referenceOf } from './run-preferences.ts'
import { enterAboveFrozen } from './run-prefix.ts'
import {
  checkpointOf,
  measured,
  type OngoingRun,
  stepOfRun,
  tokensPerSecond,
  trainSeed,
} from './train-seed.ts'
import { outOfMemory, type WithinMemory, wholeRoom, withinMemory } from './within-memory.ts'

const adapterFile = 'adapter.safetensors'

/**
 * Trains an adapter on examples and writes it to the run directory. A checkpoint found there is continued from,
 * on the trajectory that the run would have had; cancelling writes one.
 *
 * @param checkpointEveryMs a crash costs at most this much work; writing a checkpoint takes some milliseconds
 */
export function train(resources: EngineResources, checkpointEveryMs = 5_000): Operation<'train'> {
  return async function* (input, signal) {
    const model = resources.model(input.modelDirectory)
    const { examples: replay } = await replayExamples(resources, input.modelDirectory, input.replay, signal)
    const plan = planRun(model, input, replay)
    const pass = await TrainingPass.open(resources.background, model.weights)
    try {
      const probing = { resources, model, probes: input.probes ?? [] }
      return yield* trainPlanned({ input, model, plan, pass, probing, signal, checkpointEveryMs })
    } catch (error) {
      if (error instanceof Failure && error.code === 'out-of-memory') throw error
      const { examples, replay: replayed, heldOut } = plan
      throw isOutOfMemory(error)
        ? outOfMemory(longestOf([...examples, ...replayed, ...heldOut]), error)
        : error
    } finally {
      await pass.close()
    }
  }
}

interface PlannedRun {
  readonly input: TrainInput
  readonly model: LoadedModel
  readonly plan: RunPlan
  readonly pass: TrainingPass
  readonly probing: Probing
  readonly signal: AbortSignal
  readonly checkpointEveryMs: number
}

async function* trainPlanned(planned: PlannedRun): AsyncGenerator<OperationEvent<'train'>, TrainResult> {
  const { input, model, plan, pass, signal } = planned
  const { settings, runDirectory } = input
  mkdirSync(runDirectory, { recursive: true })
  const checkpoint = loadCheckpoint(runDirectory)
  // The plan of one that was cancelled before it began may lack answers to replay.
  if (signal.aborted)
    return stopped(
      plan,
      checkpoint === null ? 0 : stepOfRun({ plan, ...checkpoint }),
      checkpoint?.progress ?? null,
    )
  const resumed = checkpoint === null ? null : ofPlan(checkpoint, plan, runDirectory)
  const { layout } = plan
  const key = settings.projectionKey
  const vectors = resumed?.vectors ?? plan.start.slice()
  const frozen = layout.method === 'lora' ? null : projections({ ...layout, key })
  const adapter = liveAdapter(layout, vectors, frozen)
  const steps = plan.stepsPerSeed * plan.seeds.length
  const resumedAtStep = resumed === null ? 0 : stepOfRun({ plan, ...resumed })
  yield { type: 'prepared', steps, trainableParameters: layout.length, resumedAtStep }

  const all = [...plan.examples, ...plan.rejected.values(), ...plan.replay, ...plan.heldOut]
  const reading = { pass, signal, progress: resumed?.progress ?? wholeRoom }
  const prefix = yield* withinMemory(reading, longestOf(all), null, (passTokens) =>
    enterAboveFrozen(pass, model, layout, all, runDirectory, passTokens, signal),
  )
  try {
    yield* withinMemory(reading, longestOf(plan.replay), null, async (passTokens) => {
      for await (const _ of followBase(pass, plan.replay, passTokens)) if (signal.aborted) break
    })
    const { passTokens, notices } = reading.progress
    const progress =
      resumed === null
        ? yield* measuredBefore(planned, reading, adapter)
        : { ...resumed.progress, passTokens, notices }
    if (progress === null) return stopped(plan, 0, null)
    const run: OngoingRun = {
      plan,
      settings,
      pass,
      probing: planned.probing,
      adapter,
      signal,
      average: resumed?.average ?? (settings.averageDecay > 0 ? vectors.slice() : null),
      optimizer: resumed?.optimizer ?? newOptimizerState(plan.step.optimizer, layout.length),
      kept: resumed?.kept ?? null,
      preferences: preferencesOf(plan, settings, progress.reference),
      progress,
    }
    const save = () => saveCheckpoint(runDirectory, checkpointOf(run))
    const saveIfDue = saver(save, planned.checkpointEveryMs)
    try {
      while (run.progress.seedIndex < plan.seeds.length) {
        const ended = yield* trainSeed(run, saveIfDue)
        save()
        if (!ended) return stopped(plan, stepOfRun(run), run.progress)
      }
    } catch (error) {
      // A step for which memory runs out has changed nothing yet.
      if (isOutOfMemory(error)) save()
      throw error
    }
    return yield* finish(planned, run)
  } finally {
    prefix.close()
  }
}

function ofPlan(checkpoint: RunCheckpoint, plan: RunPlan, directory: string): RunCheckpoint {
  if (checkpoint.progress.fingerprint === plan.fingerprint) return checkpoint
  throw new Failure(
    'checkpoint-other-run',
    sentence`The checkpoint in ${directory} belongs to other examples or settings. Start a new run.`,
  )
}

/** The progress of a run that has not begun; null where it was cancelled while its first losses were measured. */
async function* measuredBefore(
  { plan, pass, probing, signal }: PlannedRun,
  reading: WithinMemory & Pick<OngoingRun, 'signal'>,
  adapter: LiveAdapter,
): AsyncGenerator<OperationEvent<'train'>, RunProgress | null> {
  const lossBefore = yield* measured(reading, adapter, plan.examples, 0, 'training')
  const heldOutLossBefore = yield* measured(reading, adapter, plan.heldOut, 0, 'heldOut')
  yield* sampled(probing, adapter, 0, signal)
  // One that was cancelled in between is measured again, both sets.
  if (lossBefore === null || signal.aborted) return null
  const pairs = longestOf([...plan.rejected.keys()], plan.rejected)
  const reference = yield* withinMemory(reading, pairs, null, (passTokens) =>
    referenceOf(pass, plan, passTokens, signal),
  )
  if (signal.aborted) return null
  return {
    fingerprint: plan.fingerprint,
    reference,
    seedIndex: 0,
    seedResults: [],
    heldOut: newHeldOutRecord,
    ...reading.progress,
    trainedTokens: 0,
    elapsedMs: 0,
    lossBefore,
    heldOutLossBefore,
  }
}

function saver(save: () => void, everyMs: number): () => void {
  let savedAt = performance.now()
  return () => {
    if (performance.now() - savedAt < everyMs) return
    save()
    savedAt = performance.now()
  }
}

/** Measures what is kept and writes it as the run's adapter. */
async function* finish(
  { input, model, plan }: PlannedRun,
  run: OngoingRun,
): AsyncGenerator<OperationEvent<'train'>, TrainResult> {
  const { kept, progress } = run
  const step = progress.seedResults.reduce((sum, result) => sum + result.step, 0)
  const adapter = { ...run.adapter, vectors: kept?.vectors ?? run.adapter.vectors }
  const lossAfter = yield* measured(run, adapter, plan.examples, step, 'training')
  if (lossAfter === null) return stopped(plan, step, progress)
  const pairs = longestOf([...plan.rejected.keys()], plan.rejected)
  const preference = yield* withinMemory(run, pairs, null, (passTokens) =>
    preferenceAfter(run, adapter, passTokens),
  )
  const adapterPath = join(input.runDirectory, adapterFile)
  const bytes = encodeAdapter(adapterSettings(input, model), plan.layout, adapter.vectors)
  writeDurably(adapterPath, bytes)
  return {
    ...stopped(plan, step, run.progress),
    status: 'done',
    lossAfter,
    heldOutLossAfter: kept?.loss ?? null,
    keptStep: kept?.step ?? null,
    preference,
    adapterPath,
    adapterBytes: bytes.length,
  }
}

function stopped(plan: RunPlan, step: number, progress: RunProgress | null): TrainResult {
  return {
    status: 'stopped',
    step,
    steps: plan.stepsPerSeed * plan.seeds.length,
    tokensPerSecond: progress === null ? 0 : tokensPerSecond(progress),
    peakMemoryBytes: peakMemoryBytes(),
    lossBefore: progress?.lossBefore ?? null,
    lossAfter: null,
    heldOutLossBefore: progress?.heldOutLossBefore ?? null,
    heldOutLossAfter: null,
    keptStep: null,
    seedResults: progress?.seedResults ?? [],
    notices: progress?.notices ?? [],
    preference: null,
    trainableParameters: plan.layout.length,
    adapterPath: null,
    adapterBytes: 0,
  }
}

function adapterSettings({ settings }: TrainInput, { folder, chatTemplate }: LoadedModel) {
  return {
    ...settings,
    layers: adaptedLayers(settings, folder.model.config.layerCount),
    baseModelHash: folder.summary.sourceHash,
    chatTemplateHash: sha256(chatTemplate),
    createdBy: 'veranda',
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
