import { inEnglish } from '../../src-main/contract/sentence.ts'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Runtime } from '../../src-main/core/graph/runtime.ts'
import type { TrainInput, TrainingSettings } from '../../src-main/engine/contract.ts'
import { evaluate } from '../../src-main/engine/evaluate.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { onnxRuntime } from '../../src-main/engine/onnx-runtime.ts'
import { isOutOfMemory } from '../../src-main/engine/out-of-memory.ts'
import { EngineResources } from '../../src-main/engine/resources.ts'
import { train } from '../../src-main/engine/train.ts'
import { pairExamples, tinySettings } from './tiny-run.ts'
import { engineResources, finish, temporaryFolder, tinyChatModel } from './tiny-chat-model.ts'

const resources = engineResources()
const goOn = new AbortController().signal
let modelDirectory = ''
beforeAll(async () => {
  modelDirectory = await tinyChatModel()
})

const heldOut = pairExamples([
  ['hello?', 'hello there'],
  ['who?', 'pim'],
])

function input(settings: Partial<TrainingSettings>, changes: Partial<TrainInput> = {}): TrainInput {
  return {
    modelDirectory,
    examples: pairExamples(),
    heldOut,
    replay: [],
    settings: { ...tinySettings, ...settings },
    runDirectory: temporaryFolder(),
    ...changes,
  }
}

const learn = (settings: Partial<TrainingSettings>, changes: Partial<TrainInput> = {}) =>
  finish(train(resources)(input(settings, changes), goOn))

async function heldOutLoss(adapterPath: string | null): Promise<number> {
  const adapter = { path: adapterPath ?? '', strength: 1 }
  const { result } = await finish(evaluate(resources)({ modelDirectory, examples: heldOut, adapter }, goOn))
  return result.meanLoss
}

describe('held-out examples', () => {
  test('stop a run that gets no better, and the best vectors are kept', async () => {
    const wild = { learningRate: 0.5, evaluations: 12, epochs: 12, patience: 3, keep: 'best' } as const
    const { events, result } = await learn(wild)
    const losses = events.flatMap((event) =>
      event.type === 'measured' && event.set === 'heldOut' && event.step > 0 ? [event] : [],
    )
    const best = Math.min(...losses.map(({ loss }) => loss))
    expect(result.step).toBeLessThan(result.steps)
    expect(result.seedResults).toEqual([
      { seed: 1, step: result.step, heldOutLoss: best, stoppedEarly: true },
    ])
    expect(result.heldOutLossAfter).toBe(best)
    expect(losses.find(({ step }) => step === result.keptStep)?.loss).toBe(best)
    expect(losses.findIndex(({ loss }) => loss === best)).toBe(losses.length - 4)
    expect(await heldOutLoss(result.adapterPath)).toBeCloseTo(best, 5)
  })

  test('choose among seeds, each as a run of its own would have been', async () => {
    const several = await learn({ seeds: 3, epochs: 2 })
    expect(several.result.seedResults.map(({ seed }) => seed)).toEqual([1, 2, 3])
    expect(several.events.filter(({ type }) => type === 'step')).toHaveLength(several.result.steps)
    const alone = await Promise.all([1, 2, 3].map((seed) => learn({ seed, epochs: 2 })))
    const losses = alone.map(({ result }) => result.heldOutLossAfter ?? NaN)
    expect(several.result.seedResults.map((result) => result.heldOutLoss)).toEqual(losses)
    expect(new Set(losses).size).toBe(3)
    const best = alone[losses.indexOf(Math.min(...losses))]
    expect(several.result.heldOutLossAfter).toBe(Math.min(...losses))
    expect(await heldOutLoss(several.result.adapterPath)).toBe(
      await heldOutLoss(best?.result.adapterPath ?? null),
    )
  })

  test('are needed to compare seeds', async () => {
    await expect(learn({ seeds: 2 }, { heldOut: [] })).rejects.toMatchObject({
      code: 'seeds-without-held-out',
    })
  })
})

test('every optimizer, schedule and average learns', async () => {
  const ways: Partial<TrainingSettings>[] = [
    { optimizer: 'sgd', learningRate: 0.3, schedule: 'linear' },
    { schedule: 'constant', averageDecay: 0.8 },
    { lambdaDRate: 0, lambdaBRate: 2 },
  ]
  const files: Buffer[] = []
  for (const way of ways) {
    const { result } = await learn(way, { heldOut: [] })
    expect(result.lossAfter, JSON.stringify(way)).toBeLessThan((result.lossBefore ?? 0) - 0.05)
    expect(result).toMatchObject({ heldOutLossAfter: null, keptStep: result.steps })
    files.push(readFileSync(result.adapterPath ?? ''))
  }
  expect(new Set(files.map((file) => file.toString('base64'))).size).toBe(ways.length)
})

describe('where memory runs out', () => {
  /** Refuses, as ONNX Runtime does, the gradient of more than so many tokens at once, or over kept products. */
  function upTo(tokens: number, alsoKept = true): EngineResources {
    const real = onnxRuntime({ threads: 2 })
    const runtime: Runtime = {
      ...real,
      async open(graph, options) {
        const session = await real.open(graph, options)
        return {
          ...session,
          async run(feeds) {
            const isKept = graph.inputs.some(({ name }) => name.startsWith('kept.'))
            const tooMuch = (feeds['x']?.shape[0] ?? 0) > tokens || (isKept && !alsoKept)
            if (graph.name === 'layer_backward' && tooMuch) {
              throw new Error('Failed to allocate memory for requested buffer of size 4096')
            }
            return session.run(feeds)
          },
          close: () => session.close(),
        }
      },
    }
    return new EngineResources(runtime, loadCodecs())
  }

  test('a step is taken in smaller passes, which learn the same, and the person is told', async () => {
    const settings = { batchTokens: 1000, epochs: 4 }
    const whole = await learn(settings)
    const given = input(settings)
    const { events, result } = await finish(train(upTo(120))(given, goOn))
    expect(result.notices.length).toBeGreaterThan(0)
    expect(events.flatMap((event) => (event.type === 'notice' ? [event.text] : []))).toEqual(result.notices)
    expect(result.notices.map(inEnglish).at(-1)).toMatch(
      /^Memory ran out in step 1: from there on at most \d+ tokens/,
    )
    expect(result.lossAfter).toBeCloseTo(whole.result.lossAfter ?? 0, 3)
  })

  test('then nothing is kept that can be computed again, and it learns the same', async () => {
    const settings = { batchTokens: 1000, epochs: 4 }
    const whole = await learn(settings)
    const { events, result } = await finish(train(upTo(1000, false))(input(settings), goOn))
    const codes = events.flatMap((event) => (event.type === 'notice' ? [event.code] : []))
    expect(codes.at(-1)).toBe('computed-twice')
    expect(codes.slice(0, -1).every((code) => code === 'smaller-passes')).toBe(true)
    expect(result.notices.map(inEnglish).at(-1)).toContain('computed twice instead of kept')
    expect(result.lossAfter).toBeCloseTo(whole.result.lossAfter ?? 0, 3)
  })

  test.each([
    'D3D12 create committed resource failed with E_OUTOFMEMORY',
    'vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY',
    'Requested allocation size exceeds maxBufferSize',
    'OrtValue of 300 bytes, exceeding maxStorageBufferBindingSize of 128',
  ])('what a graphics card says is understood: %s', (message) => {
    expect(isOutOfMemory(new Error('The graph failed.', { cause: new Error(message) }))).toBe(true)
  })

  test('for a single example the run ends with what to do', async () => {
    await expect(finish(train(upTo(10))(input({}), goOn))).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(/not even for one example of \d+ tokens/),
    })
  })
})
