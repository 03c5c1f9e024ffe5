import { expect, onTestFinished, test } from 'vitest'
import { type Devices, openDevices } from '../../../src-main/app/devices/device-service.ts'
import type { GraphicsCard } from '../../../src-main/app/devices/graphics.ts'
import { openStorage } from '../../../src-main/app/storage/storage.ts'
import type { DeviceChoice } from '../../../src-main/contract/devices.ts'
import { Failure } from '../../../src-main/contract/failure.ts'
import { sentence } from '../../../src-main/contract/sentence.ts'
import type { ChatInput } from '../../../src-main/engine/contract.ts'
import type { ProbeResult } from '../../../src-main/engine/device-contract.ts'
import { engineStandIn, type EngineStandIn, probed } from '../engine-stand-in.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { result } from '../test-app.ts'

const card: GraphicsCard = { name: 'ACME 9', memoryBytes: 8 * 2 ** 30, driver: '1.0' }
const model = { name: 'Tiny', directory: '/models/tiny' }
const question: ChatInput = {
  modelDirectory: model.directory,
  messages: [{ role: 'user', content: 'hi' }],
  adapter: null,
  sampling: { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 },
  maxTokens: 1,
}
const signal = new AbortController().signal

/** A processor and a GPU whose probe ends as given; what was computed where is in the engines' calls. */
function opened(given: {
  readonly probe: Partial<ProbeResult>
  /** In 16 bits. */
  readonly halved?: Partial<ProbeResult>
  readonly asked?: DeviceChoice
  readonly folder?: string
  readonly cards?: readonly GraphicsCard[]
  readonly probeLimitMs?: number
}) {
  const storage = openStorage(given.folder ?? temporaryFolder())
  const processor = engineStandIn()
  const gpus: EngineStandIn[] = []
  const precisions: number[] = []
  const onGpu: Partial<EngineStandIn['operations']> = {}
  const devices = openDevices({
    storage,
    processor,
    engineOn({ halves }) {
      const gpu = engineStandIn()
      precisions.push(halves ? 16 : 32)
      gpu.operations.probe = async function* (_input, closing) {
        yield { stage: 'test' }
        if (given.probeLimitMs !== undefined) {
          await new Promise((resolve) => closing.addEventListener('abort', resolve))
          throw new Failure('engine-closed', 'It was closed.')
        }
        return {
          ...probed,
          ...given.probe,
          ...(halves ? (given.halved ?? { failure: sentence`It has no 16 bits.` }) : {}),
        }
      }
      Object.assign(gpu.operations, onGpu)
      gpus.push(gpu)
      return gpu
    },
    asked: given.asked ?? null,
    readCards: async () => given.cards ?? [card],
    ...(given.probeLimitMs === undefined ? {} : { probeLimitMs: given.probeLimitMs }),
  })
  const close = async (): Promise<void> => {
    await devices.engine.close()
    storage.close()
  }
  onTestFinished(close)
  return { devices, processor, gpus, precisions, onGpu, close }
}

const ask = async (devices: Devices): Promise<string> =>
  (await result(devices.engine.run('chat', question))).text
const asked = (engine: EngineStandIn | undefined): string[] =>
  engine?.calls.map(({ operation }) => operation) ?? []
const stateOf = async (devices: Devices, device: string) =>
  (await devices.state([])).devices.find((entry) => entry.device === device)

test('nothing but the processor computes until devices were measured; then the fastest does', async () => {
  const { devices, processor, gpus } = opened({
    probe: { tokensPerSecond: 90, trainingTokensPerSecond: 500 },
  })
  await ask(devices)
  expect(asked(processor)).toEqual(['chat'])
  const seen: string[] = []
  await result(devices.measure(model, signal), ({ device, stage }) => seen.push(`${device} ${stage}`))
  expect(seen).toEqual(['cpu chat', 'webgpu test', 'webgpu test'])
  const state = await devices.state([])
  expect(state).toMatchObject({ choice: 'auto', inUse: 'webgpu', fallback: null })
  expect(state.devices[1]).toMatchObject({
    device: 'webgpu',
    hardware: 'ACME 9',
    memoryBytes: card.memoryBytes,
    state: 'works',
    measure: { modelName: 'Tiny', tokensPerSecond: 90 },
  })
  await ask(devices)
  expect(asked(gpus.at(-1))).toEqual(['chat'])
  // Examples are still counted by the processor; a model that goes is let go of in both places.
  await result(devices.engine.run('countTokens', { modelDirectory: '', examples: [] }))
  await result(devices.engine.run('releaseModel', { modelDirectory: '' }))
  expect(asked(processor).slice(-2)).toEqual(['countTokens', 'releaseModel'])
  expect(asked(gpus.at(-1))).toEqual(['chat', 'releaseModel'])
})

test('a slower device is not used unless it is chosen, and not for longer than it is', async () => {
  const { devices, processor, gpus } = opened({ probe: { tokensPerSecond: 1, trainingTokensPerSecond: 1 } })
  await result(devices.measure(model, signal))
  expect((await devices.state([])).inUse).toBe('cpu')
  await devices.choose('webgpu')
  await ask(devices)
  const gpu = gpus.at(-1)
  expect(asked(gpu)).toEqual(['chat'])
  await devices.choose('auto')
  await ask(devices)
  expect(asked(processor).at(-1)).toBe('chat')
  // Its process has ended.
  await expect(result(gpu?.run('chat', question) ?? devices.engine.run('chat', question))).rejects.toThrow(
    'closed',
  )
})

test('16 bits are used where they are right and not slower, and the reason is told where they are not', async () => {
  const speeds = (tokensPerSecond: number) => ({ tokensPerSecond, trainingTokensPerSecond: 500 })
  const measured = async (halved: Partial<ProbeResult>) => {
    const { devices, precisions } = opened({ probe: speeds(90), halved })
    await result(devices.measure(model, signal))
    await ask(devices)
    return { entry: await stateOf(devices, 'webgpu'), precisions }
  }
  const faster = await measured(speeds(150))
  expect(faster.precisions).toEqual([32, 16, 16])
  expect(faster.entry).toMatchObject({ state: 'works', halves: true, measure: { tokensPerSecond: 150 } })
  const slower = await measured(speeds(60))
  expect(slower.precisions).toEqual([32, 16, 32])
  expect(slower.entry).toMatchObject({
    halves: false,
    halvesReason: sentence`It is slower in 16 bits.`,
    measure: { tokensPerSecond: 90 },
  })
  const wrong = await measured({ ...speeds(150), failure: sentence`Its loss is wrong.` })
  expect(wrong.precisions).toEqual([32, 16, 32])
  expect(wrong.entry).toMatchObject({
    state: 'works',
    halves: false,
    halvesReason: sentence`Its loss is wrong.`,
  })
})

test('a device that is asked for is tested before its first use; with wrong numbers the processor does the work', async () => {
  const reason = sentence`Its logits in a small test are ${0.4} away from the processor’s.`
  const { devices, processor, gpus } = opened({ probe: { failure: reason }, asked: 'webgpu' })
  expect(await ask(devices)).toBe('You said: hi')
  expect(asked(processor)).toEqual(['listDevices', 'chat'])
  expect(gpus.map(asked)).toEqual([['probe']])
  expect(devices.fallback).toEqual(reason)
  expect(await stateOf(devices, 'webgpu')).toMatchObject({ state: 'fails', reason })
  expect(await devices.state([])).toMatchObject({ choice: 'webgpu', inUse: 'cpu', fallback: reason })
  expect((await devices.state([])).fallback).toEqual(reason)
})

test('a device that hangs is given up', async () => {
  const { devices } = opened({ probe: {}, probeLimitMs: 60 })
  await result(devices.measure(model, signal))
  const { state, reason } = (await stateOf(devices, 'webgpu')) ?? {}
  expect(state).toBe('fails')
  expect(reason).toEqual(sentence`It did not do a few steps within ${0.001} minutes.`)
})

test('a result is remembered until the driver changes', async () => {
  const folder = temporaryFolder()
  const first = opened({ probe: {}, asked: 'webgpu', folder })
  await ask(first.devices)
  await first.close()
  const second = opened({ probe: {}, asked: 'webgpu', folder })
  await ask(second.devices)
  expect(second.gpus.map(asked)).toEqual([['chat']])
  await second.close()
  const third = opened({ probe: {}, asked: 'webgpu', folder, cards: [{ ...card, driver: '1.1' }] })
  await ask(third.devices)
  expect(third.gpus.map(asked)).toEqual([['probe'], ['probe'], ['chat']])
})

test('a device that dies at its work is left, said so, and the processor answers', async () => {
  const { devices, processor, onGpu } = opened({ probe: {}, asked: 'webgpu' })
  onGpu.chat = async function* () {
    throw new Failure('engine-crashed', 'The engine stopped unexpectedly.')
  }
  expect(await ask(devices)).toBe('You said: hi')
  expect(devices.fallback).toEqual(sentence`The engine stopped unexpectedly.`)
  expect(asked(processor).at(-1)).toBe('chat')
  expect((await devices.state([])).inUse).toBe('cpu')
})

test('what had begun is not begun again, and a mistake of the person’s is no fault of the device', async () => {
  const { devices, onGpu } = opened({ probe: {}, asked: 'webgpu' })
  onGpu.chat = async function* () {
    throw new Failure('adapter-missing', 'The adapter is gone.')
  }
  await expect(ask(devices)).rejects.toThrow('The adapter is gone.')
  expect(devices.fallback).toBeNull()
  const { devices: others, onGpu: halfway } = opened({ probe: {}, asked: 'webgpu' })
  halfway.chat = async function* () {
    yield { text: 'You' }
    throw new Failure('graph-failed', 'Device lost.')
  }
  await expect(ask(others)).rejects.toThrow('Device lost.')
  expect(others.fallback).toEqual(sentence`Device lost.`)
  expect(await ask(others)).toBe('You said: hi')
})

test('models are told to fit by the memory of the device in use', async () => {
  const { devices } = opened({ probe: { tokensPerSecond: 90, trainingTokensPerSecond: 500 } })
  await result(devices.measure(model, signal))
  const size = (parameterCount: number) => ({
    name: `${parameterCount}`,
    installed: false,
    parameterCount,
    weightBytes: parameterCount * 0.7,
    shape: null,
    measuredTrainingBytes: null,
  })
  const { models } = await devices.state([size(135e6), size(1.5e9), size(40e9)])
  expect(models.map(({ chat, training }) => `${chat} ${training}`)).toEqual([
    'fits fits',
    'fits tight',
    'exceeds exceeds',
  ])
})
