/** Training on a device with too little memory. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Graph } from '../../src-main/core/graph/graph.ts'
import type { Feeds } from '../../src-main/core/graph/runtime.ts'
import type { TrainInput } from '../../src-main/engine/contract.ts'
import { estimate } from '../../src-main/engine/estimate.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { EngineResources } from '../../src-main/engine/resources.ts'
import { train } from '../../src-main/engine/train.ts'
import { deviceStandIn } from './device-stand-in.ts'
import { finish, temporaryFolder, tinyChatModel } from './tiny-chat-model.ts'
import { pairExamples, tinySettings } from './tiny-run.ts'

const codecs = loadCodecs()
const goOn = new AbortController().signal
let modelDirectory = ''
beforeAll(async () => {
  modelDirectory = await tinyChatModel()
})

const input = (changes: Partial<TrainInput> = {}): TrainInput => ({
  modelDirectory,
  examples: pairExamples(),
  heldOut: [],
  replay: [],
  settings: { ...tinySettings, batchTokens: 1000, epochs: 4 },
  runDirectory: temporaryFolder(),
  ...changes,
})

/** Trains on a device of so much memory, which has to be empty when the run is over, however it ends. */
async function trainOn(
  memoryBytes: number,
  { halves = false, given = input(), limitAfterStep = memoryBytes } = {},
) {
  const device = deviceStandIn({ weightBytes: Infinity, memoryBytes, halves })
  const resources = new EngineResources(device.runtime, codecs)
  try {
    const { events, result } = await finish(
      train(resources)(given, new AbortController().signal),
      ({ type }) => {
        if (type === 'step') device.memory.limitBytes = limitAfterStep
      },
    )
    const codes = events.flatMap((event) => (event.type === 'notice' ? [event.code] : []))
    const resumedAtStep = events.flatMap((event) => (event.type === 'prepared' ? [event.resumedAtStep] : []))
    return { codes, resumedAtStep, result, peakBytes: device.memory.peakBytes }
  } finally {
    expect(device.there.size).toBe(0)
    expect(device.memory.bytes).toBe(0)
  }
}

const outOfMemory = { code: 'out-of-memory', message: expect.stringMatching(/one example of \d+ tokens/) }

describe.each([
  { precision: 'float32', halves: false, digits: 5 },
  { precision: '16 bits', halves: true, digits: 2 },
])('in $precision, where the memory of the device ends', ({ halves, digits }) => {
  test('a run goes on in smaller passes, then with all computed twice, learns the same and leaves nothing there', async () => {
    const whole = await trainOn(Infinity, { halves })
    expect(whole.codes).toEqual([])
    const smaller = await trainOn(0.8 * whole.peakBytes, { halves })
    expect(new Set(smaller.codes)).toEqual(new Set(['smaller-passes']))
    expect(smaller.peakBytes).toBeLessThan(0.8 * whole.peakBytes)
    const twice = await trainOn(0.5 * whole.peakBytes, { halves })
    expect(twice.codes.length).toBeGreaterThan(smaller.codes.length)
    expect(twice.codes.at(-1)).toBe('computed-twice')
    for (const { result } of [smaller, twice]) {
      expect(result.status).toBe('done')
      expect(result.lossAfter).toBeCloseTo(whole.result.lossAfter ?? NaN, digits)
    }
  })

  test('a run that can take no further step says so, keeps those it took, and goes on from there', async () => {
    const settings = { ...tinySettings, epochs: 2 }
    const whole = await trainOn(Infinity, { halves, given: input({ settings }) })
    const given = input({ settings })
    await expect(trainOn(Infinity, { halves, given, limitAfterStep: 0 })).rejects.toMatchObject(outOfMemory)
    const { result, resumedAtStep } = await trainOn(Infinity, { halves, given })
    expect(resumedAtStep).toEqual([1])
    expect(result.step).toBe(whole.result.step)
    expect(result.lossAfter).toBeCloseTo(whole.result.lossAfter ?? NaN, digits)
  })
})

test.each([false, true])(
  'a graph for which there was no room is loaded again, in 16 bits: %s',
  async (halves) => {
    let tries = 0
    const refuse = ({ name }: Graph, feeds: Feeds | null): void => {
      if (name !== 'layer_backward' || feeds !== null || ++tries > 1) return
      throw new Error('Failed to allocate memory for requested buffer of size 4096')
    }
    const device = deviceStandIn({ weightBytes: Infinity, halves, refuse })
    const resources = new EngineResources(device.runtime, codecs)
    const { result } = await finish(train(resources)(input(), new AbortController().signal))
    expect(result.status).toBe('done')
    expect(result.notices).toHaveLength(1)
    expect(tries).toBeGreaterThan(1)
    expect(device.there.size).toBe(0)
  },
)

test('a run whose numbers grow out of 16 bits goes on in float32, and the person is told once', async () => {
  const settings = { ...tinySettings, epochs: 2, learningRate: 1000 }
  const { codes, result } = await trainOn(Infinity, { halves: true, given: input({ settings }) })
  expect(result.status).toBe('done')
  expect(codes).toEqual(['halves-left'])
  expect(result.notices).toHaveLength(1)
})

/** Every layer that is given more rows at once than `limitRows` fails as where memory runs out. */
function narrowDevice(limitRows: number) {
  const widest = { rows: 0 }
  const refuse = ({ name }: Graph, feeds: Feeds | null): void => {
    const [rows = 0] = (name.startsWith('layer') ? feeds?.['x']?.shape : undefined) ?? []
    if (rows > limitRows) throw new Error('Failed to allocate memory for requested buffer of size 4096')
    widest.rows = Math.max(widest.rows, rows)
  }
  return { device: deviceStandIn({ weightBytes: Infinity, refuse }), widest }
}

describe('whatever of a run is the first for which memory runs out', () => {
  const rejected = pairExamples().map((example) => ({ ...example, rejected: 'go away' }))
  const everything: Partial<TrainInput> = {
    examples: rejected,
    heldOut: pairExamples([
      ['cat?', 'there is no cat'],
      ['who?', 'nobody at all'],
    ]).map((example) => ({ ...example, id: `held ${example.id}` })),
    replay: [[{ role: 'user', content: 'why?' }]],
    settings: { ...tinySettings, epochs: 2, batchTokens: 1000, preferences: 'together', layers: [1] },
  }

  test.each([
    ['frozen layers, first losses, held-out examples and pairs', everything],
    ['first losses alone', {}],
  ])('%s: it goes on in smaller passes, says so once a size, and learns the same', async (_name, given) => {
    const runOn = async (limitRows: number) => {
      const { device, widest } = narrowDevice(limitRows)
      const resources = new EngineResources(device.runtime, codecs)
      const { events, result } = await finish(train(resources)(input(given), goOn))
      const codes = events.flatMap((event) => (event.type === 'notice' ? [event.code] : []))
      return { result, codes, widest: widest.rows, left: device.there.size }
    }
    const whole = await runOn(Infinity)
    expect(whole.codes).toEqual([])
    const narrow = await runOn(Math.floor(0.6 * whole.widest))
    expect(narrow.widest).toBeLessThan(0.6 * whole.widest + 1)
    // The first run also chatted, for the answers to replay; a conversation's cache stays with its model.
    expect(narrow.left).toBe(0)
    expect(narrow.codes.length).toBeGreaterThan(0)
    expect(new Set(narrow.codes)).toEqual(new Set(['smaller-passes']))
    expect(narrow.result.notices[0]).toMatchObject({
      pattern: expect.stringMatching(/^Memory ran out while examples were read/),
    })
    expect(narrow.result.status).toBe('done')
    for (const loss of ['lossBefore', 'lossAfter', 'heldOutLossAfter'] as const)
      expect(narrow.result[loss] ?? 0).toBeCloseTo(whole.result[loss] ?? 0, 4)
  })

  test('without room for one example nothing is left there, and it is said of the longest', async () => {
    const { device } = narrowDevice(3)
    const resources = new EngineResources(device.runtime, codecs)
    await expect(finish(train(resources)(input(everything), goOn))).rejects.toMatchObject(outOfMemory)
    expect(device.there.size).toBe(0)
  })

  test('an estimate finds its way too', async () => {
    const { device } = narrowDevice(100)
    const resources = new EngineResources(device.runtime, codecs)
    const { result } = await finish(estimate(resources)(input(everything), goOn))
    expect(result.fits).toBe('in-smaller-passes')
    expect(device.there.size).toBe(0)
  })
})

test('a run that can’t even begin says so', async () => {
  await expect(trainOn(1000)).rejects.toMatchObject(outOfMemory)
})
