import { LINEAR_KINDS } from '../core/llama/linear-kinds.ts'
import { TrainingPass } from '../core/training/loss-gradient.ts'
import { initialVectors } from '../core/vera/initial-vectors.ts'
import { layoutVera } from '../core/vera/layout.ts'
import { liveAdapter } from '../core/vera/live-adapter.ts'
import { projections } from '../core/vera/projections.ts'
import { textOf } from '../contract/failure.ts'
import type { Device, ProbeResult } from './device-contract.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { Operation } from './operation-table.ts'
import { peakMemoryBytes } from './peak-memory.ts'
import type { EngineResources } from './resources.ts'
import { type ChosenRuntime, chooseRuntime } from './runtime.ts'
import { selfTest, selfTestFailure } from './self-test.ts'

const promptTokens = 128
const answerTokens = 12
const trainedTokens = 256
/** A first run that takes longer is not repeated: it says enough. */
const patienceMs = 10_000

/** Tests the device and measures real steps on it; a device that can't even start is a result, not an error. */
export function probe(resources: EngineResources, chosen: ChosenRuntime, device: Device): Operation<'probe'> {
  return async function* ({ modelDirectory, rank }, signal) {
    let tested: Pick<ProbeResult, 'failure' | 'errors'> = { failure: null, errors: null }
    const done = (measured: Partial<ProbeResult>): ProbeResult => ({
      runtime: chosen.name,
      runtimeReason: chosen.reason,
      promptTokensPerSecond: null,
      tokensPerSecond: null,
      trainingTokensPerSecond: null,
      ...tested,
      ...measured,
      peakMemoryBytes: peakMemoryBytes(),
    })
    if (device !== 'cpu') {
      yield { stage: 'test' }
      tested = await testDevice(resources)
      if (tested.failure !== null) return done({})
    }
    if (modelDirectory === null || signal.aborted) return done({})
    const model = resources.model(modelDirectory)
    yield { stage: 'chat' }
    const chat = await measureChat(model)
    if (signal.aborted) return done(chat)
    yield { stage: 'training' }
    return done({ ...chat, trainingTokensPerSecond: await measureTraining(resources, model, rank) })
  }
}

async function testDevice({
  runtime,
  codecs,
}: EngineResources): Promise<Pick<ProbeResult, 'failure' | 'errors'>> {
  try {
    const reference = chooseRuntime({ threads: null, exact: true }).runtime
    const errors = await selfTest(reference, runtime, codecs)
    return { failure: selfTestFailure(errors, runtime.halves), errors }
  } catch (error) {
    return { failure: textOf(error), errors: null }
  }
}

async function measureChat(model: LoadedModel) {
  const { decoder, close } = await model.open(null)
  try {
    const { vocabularySize, contextLength } = model.folder.model.config
    const length = Math.min(promptTokens, contextLength - answerTokens - 1)
    const prompt = [...someTokens(length, vocabularySize)]
    const promptMs = await measured(async () => {
      decoder.truncate(0)
      await decoder.logits(prompt, [length - 1])
    })
    const tokenMs = await measured(async () => void (await decoder.logits([1], [0])), answerTokens)
    return { promptTokensPerSecond: (1000 * length) / promptMs, tokensPerSecond: 1000 / tokenMs }
  } finally {
    await close()
  }
}

async function measureTraining(
  { background }: EngineResources,
  model: LoadedModel,
  rank: number,
): Promise<number> {
  const { config } = model.folder.model
  const layout = layoutVera(config, { rank, targets: LINEAR_KINDS, layers: null })
  const frozen = projections({ ...layout, key: 0 })
  const adapter = liveAdapter(layout, initialVectors(layout, 0.1), frozen)
  const length = Math.min(trainedTokens, config.contextLength)
  const ids = someTokens(length, config.vocabularySize)
  const batch = {
    rows: 1,
    ids,
    positions: ids.map((_, at) => at),
    segments: new Int32Array(length),
    // An answer is about half of an example.
    labels: ids.map((id, at) => (at >= length / 2 ? id : -1)),
    spans: [],
  }
  const gradient = new Float32Array(layout.length)
  const pass = await TrainingPass.open(background, model.weights)
  try {
    const ms = await measured(
      async () =>
        void (await pass.addGradient(batch, adapter, (losses) => losses.map(() => 1 / length), gradient)),
    )
    return (1000 * length) / ms
  } finally {
    await pass.close()
  }
}

/** Milliseconds of one run: the first makes everything ready and counts only where it is very slow. */
async function measured(run: () => Promise<void>, times = 2): Promise<number> {
  const first = await timed(run)
  if (first > patienceMs) return first
  return (
    (await timed(async () => {
      for (let time = 0; time < times; time++) await run()
    })) / times
  )
}

async function timed(run: () => Promise<void>): Promise<number> {
  const before = performance.now()
  await run()
  return performance.now() - before
}

function someTokens(length: number, vocabularySize: number): Int32Array {
  return Int32Array.from({ length }, (_, at) => (at * 7919 + 13) % vocabularySize)
}
