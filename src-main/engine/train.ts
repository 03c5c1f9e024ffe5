import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../contract/failure.ts'
import { newAdamWState } from '../core/training/adamw.ts'
import { planEpochs } from '../core/training/epochs.ts'
import { TrainingPass } from '../core/training/loss-gradient.ts'
import { warmupStepsOf } from '../core/training/schedule.ts'
import { followBase, measure, stepBatches, takeStep } from '../core/training/trainer.ts'
import type { TokenizedExample } from '../core/training/packing.ts'
import { encodeAdapter } from '../core/vera/adapter-file.ts'
import { initialVectors, layoutVera, upperLayers } from '../core/vera/layout.ts'
import { type LiveAdapter, liveAdapter } from '../core/vera/live-adapter.ts'
import { projections } from '../core/vera/projections.ts'
import type { OperationEvent, TrainInput, TrainResult } from './contract.ts'
import { tokenizeExamples } from './examples.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { Operation } from './operation-table.ts'
import { peakMemoryBytes } from './peak-memory.ts'
import { replayExamples } from './replay.ts'
import type { EngineResources } from './resources.ts'
import { enterAboveFrozen } from './run-prefix.ts'
import { loadCheckpoint, type RunProgress, saveCheckpoint, writeDurably } from './run-checkpoint.ts'

const adapterFile = 'adapter.safetensors'
/** A crash costs at most this much work; writing a checkpoint takes some milliseconds. */
const checkpointEveryMs = 5_000
/** Losses on the held-out examples are measured this often over a run. */
const heldOutMeasurements = 8

/**
 * Trains an adapter on examples and writes it to the run directory. A checkpoint found there is continued from,
 * on the trajectory that the run would have had; cancelling writes one.
 */
export function train(resources: EngineResources): Operation<'train'> {
  return async function* (input, signal) {
    const model = resources.model(input.modelDirectory)
    const { settings, runDirectory } = input
    const examples = tokenizeExamples(model, input.examples)
    const heldOut = tokenizeExamples(model, input.heldOut)
    if (examples.length === 0) {
      throw new Failure('no-examples', 'There is no example to learn from. Add some and start again.')
    }
    const replayed = await replayExamples(resources, input.modelDirectory, input.replay, signal)
    const replay = tokenizeExamples(model, replayed)
    mkdirSync(runDirectory, { recursive: true })
    const { contextLength, layerCount } = model.folder.model.config
    const layout = layoutVera(model.folder.model.config, {
      ...settings,
      layers: upperLayers(layerCount, settings.layerShare),
    })
    const { steps } = planEpochs([...examples, ...replay], { ...settings, contextLength })
    const fingerprint = fingerprintOf(input, model)
    const resumed = loadCheckpoint(runDirectory)
    if (resumed !== null && resumed.progress.fingerprint !== fingerprint) {
      throw new Failure(
        'checkpoint-other-run',
        `The checkpoint in ${runDirectory} belongs to other examples or settings. Start a new run.`,
      )
    }
    const vectors = resumed?.vectors ?? initialVectors(layout, settings.dInitial)
    const optimizer = resumed?.optimizer ?? newAdamWState(layout.length)
    const key = settings.projectionKey
    const adapter = liveAdapter(layout, vectors, projections({ ...layout, key }))
    const total = steps.length
    yield {
      type: 'prepared',
      steps: total,
      trainableParameters: layout.length,
      resumedAtStep: optimizer.stepCount,
    }

    const pass = await TrainingPass.open(resources.background, model.weights)
    const all = [...examples, ...replay, ...heldOut]
    const prefix = await enterAboveFrozen(pass, model, layout, all, runDirectory, signal)
    try {
      for await (const _ of followBase(pass, replay)) if (signal.aborted) break
      let progress: RunProgress | null = resumed?.progress ?? null
      if (progress === null) {
        const lossBefore = yield* measured(pass, adapter, examples, 0, 'training', signal)
        const heldOutLossBefore = yield* measured(pass, adapter, heldOut, 0, 'heldOut', signal)
        // One that was cancelled in between is measured again, both sets.
        if (lossBefore === null || signal.aborted) return stopped(0, total, layout.length, null)
        progress = { fingerprint, trainedTokens: 0, elapsedMs: 0, lossBefore, heldOutLossBefore }
      }
      const optimizerSettings = {
        schedule: {
          kind: settings.schedule,
          peak: settings.learningRate,
          warmupSteps: warmupStepsOf(settings.warmupRatio, total),
          totalSteps: total,
        },
        weightDecay: settings.weightDecay,
        clipNorm: settings.clipNorm,
      }
      const measureEvery = Math.ceil(total / heldOutMeasurements)
      let savedAt = performance.now()
      for (const planned of steps.slice(optimizer.stepCount)) {
        if (signal.aborted) {
          saveCheckpoint(runDirectory, { vectors, optimizer, progress })
          return stopped(optimizer.stepCount, total, layout.length, progress)
        }
        const before = performance.now()
        const report = await takeStep(pass, adapter, optimizer, stepBatches(planned), optimizerSettings)
        progress = {
          ...progress,
          trainedTokens: progress.trainedTokens + planned.tokens,
          elapsedMs: progress.elapsedMs + performance.now() - before,
        }
        yield {
          type: 'step',
          ...report,
          steps: total,
          epoch: planned.epoch,
          tokensPerSecond: tokensPerSecond(progress),
          elapsedMs: progress.elapsedMs,
          remainingMs: (progress.elapsedMs / report.step) * (total - report.step),
        }
        if (performance.now() - savedAt > checkpointEveryMs) {
          saveCheckpoint(runDirectory, { vectors, optimizer, progress })
          savedAt = performance.now()
        }
        if (report.step % measureEvery === 0 && report.step < total) {
          yield* measured(pass, adapter, heldOut, report.step, 'heldOut', signal)
        }
      }
      saveCheckpoint(runDirectory, { vectors, optimizer, progress })
      const heldOutLossAfter = yield* measured(pass, adapter, heldOut, total, 'heldOut', signal)
      const lossAfter = yield* measured(pass, adapter, examples, total, 'training', signal)
      if (lossAfter === null) return stopped(total, total, layout.length, progress)
      const adapterPath = join(runDirectory, adapterFile)
      const bytes = encodeAdapter(adapterSettings(input, model), layout, vectors)
      writeDurably(adapterPath, bytes)
      return {
        ...stopped(total, total, layout.length, progress),
        status: 'done',
        lossAfter,
        heldOutLossAfter,
        adapterPath,
        adapterBytes: bytes.length,
      }
    } finally {
      prefix.close()
      await pass.close()
    }
  }
}

/** The mean loss, as an event and as the result; null where there is nothing to measure or it was cancelled. */
async function* measured(
  pass: TrainingPass,
  adapter: LiveAdapter,
  examples: readonly TokenizedExample[],
  step: number,
  set: 'training' | 'heldOut',
  signal: AbortSignal,
): AsyncGenerator<OperationEvent<'train'>, number | null> {
  if (examples.length === 0) return null
  let loss = 0
  for await (const { lossSum, labels } of measure(pass, adapter, examples)) {
    if (signal.aborted) return null
    loss = lossSum / labels
  }
  yield { type: 'measured', step, set, loss }
  return loss
}

function stopped(
  step: number,
  steps: number,
  trainableParameters: number,
  progress: RunProgress | null,
): TrainResult {
  return {
    status: 'stopped',
    step,
    steps,
    tokensPerSecond: progress === null ? 0 : tokensPerSecond(progress),
    peakMemoryBytes: peakMemoryBytes(),
    lossBefore: progress?.lossBefore ?? null,
    lossAfter: null,
    heldOutLossBefore: progress?.heldOutLossBefore ?? null,
    heldOutLossAfter: null,
    trainableParameters,
    adapterPath: null,
    adapterBytes: 0,
  }
}

function tokensPerSecond({ trainedTokens, elapsedMs }: RunProgress): number {
  return elapsedMs === 0 ? 0 : (trainedTokens / elapsedMs) * 1000
}

function adapterSettings({ settings }: TrainInput, { folder, chatTemplate }: LoadedModel) {
  return {
    ...settings,
    layers: upperLayers(folder.model.config.layerCount, settings.layerShare),
    baseModelHash: folder.summary.sourceHash,
    chatTemplateHash: sha256(chatTemplate),
    createdBy: 'veranda',
  }
}

/** Whatever would change the run's trajectory changes this. */
function fingerprintOf(input: TrainInput, { folder }: LoadedModel): string {
  const { examples, heldOut, replay, settings } = input
  return sha256(JSON.stringify([folder.summary.sourceHash, settings, examples, heldOut, replay]))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
