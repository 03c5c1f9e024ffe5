import { readdirSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { estimate } from '../../src-main/engine/estimate.ts'
import { growPasses } from '../../src-main/engine/growing-passes.ts'
import type { EstimateInput } from '../../src-main/engine/contract.ts'
import { train } from '../../src-main/engine/train.ts'
import { pairExamples, tinySettings } from './tiny-run.ts'
import { engineResources, finish, temporaryFolder, tinyChatModel } from './tiny-chat-model.ts'

const resources = engineResources()
const goOn = new AbortController().signal
let modelDirectory = ''
beforeAll(async () => {
  modelDirectory = await tinyChatModel()
})
const examples = pairExamples()

function input(changes: Partial<EstimateInput> = {}): EstimateInput {
  return {
    modelDirectory,
    examples,
    heldOut: examples.slice(0, 1),
    replay: [],
    settings: tinySettings,
    ...changes,
  }
}

describe('an estimate', () => {
  test('has the steps and tokens that the run will have, and measures speed and memory', async () => {
    const { events, result } = await finish(estimate(resources)(input(), goOn))
    const run = await finish(train(resources)({ ...input(), runDirectory: temporaryFolder() }, goOn))
    expect(result).toMatchObject({
      steps: run.result.steps,
      trainableParameters: run.result.trainableParameters,
      fits: 'yes',
    })
    expect(result.measuredSteps).toBeGreaterThan(0)
    expect(result.tokensPerSecond).toBeGreaterThan(0)
    expect(result.trainingMs).toBeCloseTo((result.tokens / result.tokensPerSecond) * 1000, 3)
    expect(result.peakMemoryBytes).toBeGreaterThan(10_000_000)
    expect(result.availableMemoryBytes).toBeGreaterThan(result.peakMemoryBytes)
    const shares = events.map(({ share }) => share)
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    expect(shares.at(-1)).toBeLessThanOrEqual(1)
  })

  test('leaves no trace: the run that follows is the same, and nothing lies in the folder of the model', async () => {
    const before = readdirSync(modelDirectory)
    const runs = []
    for (const first of [false, true]) {
      if (first) await finish(estimate(resources)(input(), goOn))
      runs.push(await finish(train(resources)({ ...input(), runDirectory: temporaryFolder() }, goOn)))
    }
    expect(runs[1]?.result.lossAfter).toBe(runs[0]?.result.lossAfter)
    expect(readdirSync(modelDirectory)).toEqual(before)
  })

  test('counts upper layers, preferences and general questions in', async () => {
    const replay = ['sky?', 'sea?', 'sun?'].map((content) => [{ role: 'user' as const, content }])
    const rejected = examples.map((example) => ({ ...example, rejected: 'no' }))
    const settings = { ...tinySettings, layerShare: 0.5, preferences: 'together' as const, dropout: 0.1 }
    const more = await finish(estimate(resources)(input({ replay, examples: rejected, settings }), goOn))
    const less = await finish(estimate(resources)(input(), goOn))
    expect(more.result.fits).toBe('yes')
    expect(more.result.tokens).toBeGreaterThanOrEqual(less.result.tokens)
  })

  test('says that a run will not fit without running into it', async () => {
    const { result } = await finish(estimate(resources, () => -1e12)(input(), goOn))
    expect(result.fits).not.toBe('yes')
    expect(result.passTokens).toBeLessThan(result.tokens)
  })

  test('ends early when it is stopped', async () => {
    const stop = new AbortController()
    const { result } = await finish(estimate(resources)(input(), stop.signal), () => stop.abort())
    expect(result.measuredSteps).toBe(0)
  })
})

describe('growing passes', () => {
  const of = (lengths: readonly number[]) => ({
    epoch: 1,
    examples: lengths.map((length, index) => ({
      id: String(index),
      ids: Array.from({ length }, () => 1),
      scored: Array.from({ length }, () => true),
    })),
    tokens: lengths.reduce((a, b) => a + b, 0),
    scoredTokens: 1,
  })
  const tokensOf = (examples: readonly { readonly ids: readonly number[] }[]) =>
    examples.reduce((sum, { ids }) => sum + ids.length, 0)
  const noted = (run: number[], tokens: number): number => {
    run.push(tokens)
    return tokens
  }
  const rss = process.memoryUsage.rss()
  const perToken = 1e6

  test('grow twofold to the whole step', async () => {
    const run: number[] = []
    const grown = await growPasses(of([10, 10, 10, 10, 40]), {
      run: async (examples) => rss + perToken * noted(run, tokensOf(examples)),
      availableBytes: () => 1e12,
      signal: goOn,
    })
    expect(run).toEqual([10, 20, 40, 80])
    expect(grown).toMatchObject({ tokens: 80, isWhole: true, peakBytes: rss + 80 * perToken })
  })

  test('stop before the one that would not fit, and tell what it would take', async () => {
    const run: number[] = []
    const grown = await growPasses(of([10, 10, 10, 10, 400]), {
      run: async (examples) => rss + perToken * noted(run, tokensOf(examples)),
      availableBytes: () => 200 * perToken,
      signal: goOn,
    })
    expect(run).toEqual([10, 20, 40])
    expect(grown).toMatchObject({ tokens: 40, isWhole: false })
    expect(grown.wholeBytes).toBeCloseTo(rss + 440 * perToken, -4)
  })

  test('take running out of memory as an answer, and nothing else', async () => {
    const failing = (message: string) =>
      growPasses(of([10, 10]), {
        run: () => Promise.reject(new Error(message)),
        availableBytes: () => 1e12,
        signal: goOn,
      })
    expect(await failing('std::bad_alloc')).toMatchObject({ tokens: 0, isWhole: false })
    await expect(failing('a bug')).rejects.toThrow('a bug')
  })
})
