import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { connectEngine } from '../../src-main/engine/client.ts'
import type { Engine } from '../../src-main/engine/contract.ts'
import type { Device } from '../../src-main/engine/device-contract.ts'
import { forkEngine } from '../../src-main/hosts/node-engine-process.ts'
import { findSwiftShader } from '../swiftshader.ts'
import { finish, tinyChatModel } from './tiny-chat-model.ts'

const vulkan = await findSwiftShader()
const why = vulkan.env === null ? ` [skipped: ${vulkan.reason}]` : ''

const entry = fileURLToPath(new URL('../../src-main/engine/process.ts', import.meta.url))
const engines: Engine[] = []
afterAll(() => Promise.all(engines.map((engine) => engine.close())))

/** Vulkan's loader reads the environment when a process starts. */
function engineOn(device: Device, halves = false): Engine {
  Object.assign(process.env, vulkan.env)
  const engine = connectEngine(() => forkEngine(entry, { device: { device, memoryBytes: null, halves } }))
  engines.push(engine)
  return engine
}

const opening = fileURLToPath(new URL('children/open-graph.ts', import.meta.url))

/** Why a graph of the operator can't be run on the device; empty where it can. */
async function refusal(device: Device, operator: string): Promise<string> {
  const env = { ...process.env, ...vulkan.env }
  return (await promisify(execFile)(process.execPath, [opening, device, operator], { env })).stdout
}

const chatInput = (modelDirectory: string) => ({
  modelDirectory,
  messages: [{ role: 'user' as const, content: 'hi' }],
  adapter: null,
  sampling: { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 },
  maxTokens: 8,
})

describe.skipIf(vulkan.env === null)(`an engine on WebGPU${why}`, () => {
  test('refuses a graph with an operator that only the processor has', async () => {
    expect(await refusal('webgpu', 'Exp')).toBe('')
    expect(await refusal('cpu', 'Hardmax')).toBe('')
    expect(await refusal('webgpu', 'Hardmax')).toMatch(/could not load the graph "one_operator".*fallback/is)
  }, 60_000)

  // Most of the time goes into compiling shaders, for a processor that plays a GPU.
  test('computes logits, loss and gradients as the processor does, with every operator there, and answers the same', async () => {
    const modelDirectory = await tinyChatModel()
    const engine = engineOn('webgpu')
    const { events, result } = await finish(engine.run('probe', { modelDirectory: null, rank: 4 }))
    expect(events).toEqual([{ stage: 'test' }])
    expect(result.failure).toBeNull()
    expect(result.errors?.loss).toBeLessThan(1e-5)
    expect(result.errors?.gradient).toBeLessThan(1e-5)
    expect(result.errors?.logits).toBeLessThan(1e-5)
    const there = await finish(engine.run('chat', chatInput(modelDirectory)))
    const here = await finish(engineOn('cpu').run('chat', chatInput(modelDirectory)))
    expect(there.result.text).toBe(here.result.text)
    expect(there.result.generatedTokens).toBe(8)
  }, 240_000)
})

test('a device is measured with the steps that it is for, and one that isn’t there says so', async () => {
  const modelDirectory = await tinyChatModel()
  const { events, result } = await finish(engineOn('cpu').run('probe', { modelDirectory, rank: 4 }))
  expect(events).toEqual([{ stage: 'chat' }, { stage: 'training' }])
  expect(result).toMatchObject({ failure: null, errors: null })
  expect(result.tokensPerSecond).toBeGreaterThan(0)
  expect(result.promptTokensPerSecond).toBeGreaterThan(result.tokensPerSecond ?? 0)
  expect(result.trainingTokensPerSecond).toBeGreaterThan(0)
  expect(result.peakMemoryBytes).toBeGreaterThan(2 ** 25)
  const missing = process.platform === 'win32' ? 'coreml' : 'dml'
  const none = await finish(engineOn(missing).run('probe', { modelDirectory, rank: 4 }))
  expect(none.result.failure?.pattern).toContain('ONNX Runtime could not load the graph')
  expect(none.result.tokensPerSecond).toBeNull()
})
