import { beforeAll, describe, expect, test } from 'vitest'
import { TrainingPass } from '../../src-main/core/training/loss-gradient.ts'
import { stepObjective, type Preferences } from '../../src-main/core/training/objective.ts'
import { measurePreferences, measureReference, stepBatches } from '../../src-main/core/training/trainer.ts'
import { layoutVera } from '../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../src-main/core/vera/projections.ts'
import { rand, randn, TorchGenerator } from '../../src-main/core/vera/random.ts'
import type { TrainInput, TrainingExample, TrainingSettings } from '../../src-main/engine/contract.ts'
import { tokenizeExamples } from '../../src-main/engine/examples.ts'
import { train } from '../../src-main/engine/train.ts'
import { engineResources, finish, temporaryFolder, tinyChatModel } from './tiny-chat-model.ts'
import { pairExamples, tinySettings } from './tiny-run.ts'

const resources = engineResources()
const goOn = new AbortController().signal
let modelDirectory = ''
beforeAll(async () => {
  modelDirectory = await tinyChatModel()
})

/** The last two have no rejected answer. */
const examples: TrainingExample[] = pairExamples().map((example, index) =>
  index < 3 ? { ...example, rejected: ['go away', 'i have none', 'there is no dog'][index] ?? '' } : example,
)

const learn = (settings: Partial<TrainingSettings>, changes: Partial<TrainInput> = {}, signal = goOn) =>
  finish(
    train(resources)(
      {
        modelDirectory,
        examples,
        heldOut: [],
        replay: [],
        settings: { ...tinySettings, preferenceBeta: 0.5, ...settings },
        runDirectory: temporaryFolder(),
        ...changes,
      },
      signal,
    ),
  )

async function end<Result>(stream: AsyncGenerator<unknown, Result>): Promise<Result> {
  return (await finish(stream)).result
}

test('the gradient of the pairs is that of finite differences', async () => {
  const model = resources.model(modelDirectory)
  const layout = layoutVera(model.folder.model.config, {
    rank: 4,
    targets: ['q_proj', 'down_proj'],
    layers: null,
  })
  const generator = new TorchGenerator(8)
  const vectors = rand(generator, layout.length).map((value) => value - 0.5)
  const shape = projections({ ...layout, key: 1 })
  const chosen = tokenizeExamples(model, examples.slice(0, 3))
  const worse = tokenizeExamples(
    model,
    pairExamples([
      ['hi', 'go away'],
      ['name?', 'i have none'],
      ['dog?', 'there is no dog'],
    ]),
  )
  const rejected = new Map(chosen.map((example, index) => [example, worse[index] ?? example]))
  const pass = await TrainingPass.open(resources.runtime, model.weights)
  const reference = await end(measureReference(pass, rejected))
  const preferences: Preferences = { rejected, reference, beta: 0.5, learnsChosen: false }
  const at = async (given: Float32Array) =>
    await end(measurePreferences(pass, liveAdapter(layout, given, shape), preferences))

  const untrained = await at(new Float32Array(layout.length))
  expect(untrained?.loss).toBeCloseTo(Math.LN2, 5)
  expect(untrained?.margin).toBeCloseTo(0, 5)

  const planned = { epoch: 1, examples: chosen, tokens: 0, scoredTokens: 0 }
  const batches = stepBatches(planned, 1024, rejected)
  const objective = stepObjective(batches, preferences)
  const gradient = new Float32Array(layout.length)
  const adapter = liveAdapter(layout, vectors, shape)
  for (const batch of batches) await pass.addGradient(batch, adapter, objective.weigh(batch), gradient)
  expect(objective.report().loss).toBeCloseTo((await at(vectors))?.loss ?? NaN, 4)

  const epsilon = 1e-2
  for (let direction = 0; direction < 3; direction++) {
    // Towards the gradient and a little aside, so that the slope is far from zero.
    const aside = randn(generator, layout.length)
    const norm = Math.hypot(...gradient)
    const along = gradient.map((value, i) => value / norm + (aside[i] ?? 0) / 30)
    const slope = gradient.reduce((sum, value, i) => sum + value * (along[i] ?? 0), 0)
    const moved = async (by: number) =>
      (await at(vectors.map((value, i) => value + by * (along[i] ?? 0))))?.loss ?? NaN
    const measured = ((await moved(epsilon)) - (await moved(-epsilon))) / (2 * epsilon)
    expect(Math.abs(measured / slope - 1)).toBeLessThan(0.01)
  }
  await pass.close()
})

describe('a run with preferences', () => {
  test('together learns the answers and prefers them', async () => {
    const { events, result } = await learn({ preferences: 'together' })
    expect(result.lossAfter).toBeLessThan(0.9 * (result.lossBefore ?? 0))
    expect(result.preference?.accuracy).toBe(1)
    expect(result.preference?.loss).toBeLessThan(0.6)
    const reported = events.flatMap((event) =>
      event.type === 'step' && event.preference !== null ? [event.preference] : [],
    )
    // λ_b is 0 at first: the model is the base.
    expect(reported[0]?.loss).toBeCloseTo(Math.LN2, 5)
    expect(reported.at(-1)?.margin).toBeGreaterThan(0)
  })

  test('only leaves the other examples out', async () => {
    const { events, result } = await learn({ preferences: 'only', learningRate: 0.02 })
    expect(result.preference?.accuracy).toBe(1)
    const [first] = events.filter((event) => event.type === 'step')
    expect(first?.loss).toBeCloseTo(Math.LN2, 5)
  })

  test('goes on bit for bit after a stop', async () => {
    const whole = await learn({ preferences: 'together', epochs: 3 })
    const runDirectory = temporaryFolder()
    const stop = new AbortController()
    const settings = { ...tinySettings, preferenceBeta: 0.5, preferences: 'together' as const, epochs: 3 }
    const input = { modelDirectory, examples, heldOut: [], replay: [], settings, runDirectory }
    await finish(train(resources)(input, stop.signal), (event) => {
      if (event.type === 'step' && event.step === 4) stop.abort()
    })
    const { result } = await finish(train(resources)(input, goOn))
    expect(result.preference).toEqual(whole.result.preference)
    expect(result.lossAfter).toBe(whole.result.lossAfter)
  })

  test('without any rejected answer is refused', async () => {
    await expect(learn({ preferences: 'only' }, { examples: pairExamples() })).rejects.toMatchObject({
      code: 'no-preferences',
    })
  })
})
