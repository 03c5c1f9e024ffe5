/** Blends on a model, over ONNX Runtime and over the runtime that the app would use. */
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AdapterSettings } from '../../src-main/core/vera/adapter-settings.ts'
import { blendAdapters } from '../../src-main/engine/blend-adapters.ts'
import { chat } from '../../src-main/engine/chat.ts'
import type { AdapterReference } from '../../src-main/engine/contract.ts'
import { evaluate } from '../../src-main/engine/evaluate.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { EngineResources } from '../../src-main/engine/resources.ts'
import { chooseRuntime } from '../../src-main/engine/runtime.ts'
import { failureCode } from '../app/failure-code.ts'
import { writeAdapter } from './export/model-with-adapter.ts'
import { engineResources, finish, temporaryFolder, tinyChatModel } from './tiny-chat-model.ts'

let modelDirectory: string
let folder: string
beforeAll(async () => {
  modelDirectory = await tinyChatModel()
  folder = temporaryFolder()
})

const signal = new AbortController().signal

function adapterFile(seed: number, changes: Partial<AdapterSettings> = {}): string {
  const targets = ['q_proj', 'v_proj', 'down_proj'] as const
  return writeAdapter(modelDirectory, { targets, ...changes }, seed, 1).path
}

const runtimes = [
  ['ONNX Runtime', engineResources],
  [
    'the runtime of the app',
    () => new EngineResources(chooseRuntime({ threads: 2, exact: true }).runtime, loadCodecs()),
  ],
] as const

describe.each(runtimes)('over %s', (_, open) => {
  let resources: EngineResources
  beforeAll(() => (resources = open()))

  async function blend(name: string, parts: readonly AdapterReference[]): Promise<string> {
    const targetPath = join(folder, `${name}-${Math.random()}.safetensors`)
    await finish(blendAdapters(resources)({ modelDirectory, adapters: parts, targetPath }, signal))
    return targetPath
  }

  async function loss(path: string, strength = 1): Promise<number> {
    const messages = [
      { role: 'user' as const, content: 'Who is there?' },
      { role: 'assistant' as const, content: 'The dog of the house.' },
    ]
    const examples = [{ id: 'e', messages }]
    const adapter = { path, strength }
    return (await finish(evaluate(resources)({ modelDirectory, examples, adapter }, signal))).result.meanLoss
  }

  async function answer(path: string): Promise<string> {
    const { result } = await finish(
      chat(resources)(
        {
          modelDirectory,
          messages: [{ role: 'user', content: 'Who is there?' }],
          adapter: { path, strength: 1 },
          sampling: { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 },
          maxTokens: 12,
        },
        signal,
      ),
    )
    return result.text
  }

  test('a blend with a weight of nothing is the other adapter', async () => {
    const one = adapterFile(1)
    const other = adapterFile(2, { rank: 4, projectionKey: 8, targets: ['q_proj', 'k_proj'] })
    const path = await blend('with-nothing', [
      { path: one, strength: 1 },
      { path: other, strength: 0 },
    ])
    expect(await loss(path)).toBeCloseTo(await loss(one), 5)
    expect(Math.abs((await loss(one)) - (await loss(other)))).toBeGreaterThan(1e-3)
    expect(await answer(path)).toBe(await answer(one))
  })

  test('parts of one adapter add up to it, also through a blend of blends and at another strength', async () => {
    const one = adapterFile(1)
    const half = await blend('half', [
      { path: one, strength: 0.2 },
      { path: one, strength: 0.3 },
    ])
    const whole = await blend('again', [
      { path: half, strength: 1 },
      { path: one, strength: 0.5 },
    ])
    expect(await loss(half)).toBeCloseTo(await loss(one, 0.5), 5)
    expect(await loss(whole)).toBeCloseTo(await loss(one), 5)
    expect(await loss(whole, 0.4)).toBeCloseTo(await loss(one, 0.4), 5)
    expect(await answer(whole)).toBe(await answer(one))
  })

  test('a blend of too many is refused', async () => {
    const path = adapterFile(1)
    const parts = Array.from({ length: 9 }, () => ({ path, strength: 1 }))
    expect(await failureCode(() => blend('many', parts))).toBe('blend-too-large')
  })
})
