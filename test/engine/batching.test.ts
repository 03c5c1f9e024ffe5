import { describe, expect, test } from 'vitest'
import type { Runtime } from '../../src-main/core/graph/runtime.ts'
import { chat } from '../../src-main/engine/chat.ts'
import type { AdapterReference, ChatResult, SamplingSettings } from '../../src-main/engine/contract.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { nativeRuntime } from '../../src-main/engine/native-runtime.ts'
import { onnxRuntime } from '../../src-main/engine/onnx-runtime.ts'
import { chooseRuntime } from '../../src-main/engine/runtime.ts'
import { EngineResources } from '../../src-main/engine/resources.ts'
import { modelDirectory } from '../model-files.ts'
import { writeAdapter } from './tiny-adapters.ts'
import { finish, temporaryFolder, tinyChatModel } from './tiny-chat-model.ts'

const greedy: SamplingSettings = { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 }

interface Asked {
  readonly content: string
  readonly adapter: AdapterReference | null
  readonly sampling: SamplingSettings
  readonly maxTokens: number
}

const native = nativeRuntime({ threads: 2, blockArithmetic: 'float32' }).runtime
const runtimes: readonly (readonly [string, Runtime | null])[] = [
  ['onnxruntime-node', onnxRuntime({ threads: 2 })],
  ['the native runtime', native],
]

describe.each(runtimes)('texts that are answered at once over %s', (_, runtime) => {
  test.skipIf(runtime === null)(
    'take their steps together and get the answers that they get alone, whatever adapter each has',
    async () => {
      if (runtime === null) return
      const directory = await tinyChatModel()
      const resources = new EngineResources(runtime, loadCodecs())
      const { folder } = resources.model(directory)
      const files = temporaryFolder()
      const adapters = [
        null,
        ...[1, 2, 3].map((seed) => writeAdapter(files, folder, seed)),
        { ...writeAdapter(files, folder, 4), strength: 0.5 },
        writeAdapter(files, folder, 5, { rank: 8 }),
        writeAdapter(files, folder, 6, { method: 'lora', rank: 4 }),
        writeAdapter(files, folder, 7, { outputRank: 4 }),
        null,
      ]
      const questions = ['hi', 'who feeds the hens?', 'where is the yellow house by the river?']
      const asked = adapters.flatMap((adapter, index): readonly Asked[] =>
        questions.map((content, length) => ({
          content,
          adapter,
          // Of different lengths: they come and go while others go on.
          maxTokens: 4 + ((index * 7 + length * 5) % 23),
          sampling: index % 3 === 2 ? { ...greedy, temperature: 1, topK: 20, seed: index } : greedy,
        })),
      )
      const answer = async (by: EngineResources, one: Asked): Promise<ChatResult> => {
        const messages = [{ role: 'user' as const, content: one.content }]
        const stream = chat(by)({ modelDirectory: directory, ...one, messages }, new AbortController().signal)
        return (await finish(stream)).result
      }
      const alone: string[] = []
      for (const one of asked) alone.push((await answer(resources, one)).text)
      expect(new Set(alone).size).toBeGreaterThan(10)
      expect(resources.model(directory).sharedSteps.steps).toBe(0)
      const together = await Promise.all(asked.map((one) => answer(resources, one)))
      expect(together.map(({ text }) => text)).toEqual(alone)
      const { steps, rows } = resources.model(directory).sharedSteps
      expect(rows / steps).toBeGreaterThan(4)
      // What they read is kept: all of the prompt is known when it is asked again.
      const again = await answer(resources, asked[4] ?? asked[0] ?? never())
      expect(again.text).toBe(alone[4])
      expect(again.reusedTokens).toBe(again.promptTokens - 1)
      await resources.release(directory)
    },
  )
})

test.skipIf(modelDirectory === null)(
  'the real model answers several at once as it does alone, with adapters and without',
  { timeout: 120_000 },
  async () => {
    const directory = modelDirectory
    if (directory === null) return
    const { runtime } = chooseRuntime({ threads: 2, exact: false })
    const resources = new EngineResources(runtime, loadCodecs())
    const { folder } = resources.model(directory)
    const files = temporaryFolder()
    const adapters = [
      null,
      ...[1, 2, 3].map((seed) => ({ ...writeAdapter(files, folder, seed), strength: 0.05 })),
    ]
    const answer = async (adapter: AdapterReference | null): Promise<string> => {
      const messages = [{ role: 'user' as const, content: 'Name three animals of a farm.' }]
      const input = { modelDirectory: directory, messages, adapter, sampling: greedy, maxTokens: 16 }
      return (await finish(chat(resources)(input, new AbortController().signal))).result.text
    }
    const alone: string[] = []
    for (const adapter of adapters) alone.push(await answer(adapter))
    expect(await Promise.all(adapters.map(answer))).toEqual(alone)
    const { steps, rows } = resources.model(directory).sharedSteps
    expect(rows / steps).toBeGreaterThan(1.9)
    await resources.release(directory)
  },
)

test('a text that is stopped leaves the others alone', async () => {
  const directory = await tinyChatModel()
  const resources = new EngineResources(onnxRuntime({ threads: 2 }), loadCodecs())
  const stop = new AbortController()
  const input = (content: string) => ({
    modelDirectory: directory,
    messages: [{ role: 'user' as const, content }],
    adapter: null,
    sampling: greedy,
    maxTokens: 40,
  })
  const alone = await finish(chat(resources)(input('who?'), new AbortController().signal))
  let seen = 0
  const [stopped, other] = await Promise.all([
    finish(chat(resources)(input('where?'), stop.signal), () => ++seen === 5 && stop.abort()),
    finish(chat(resources)(input('who?'), new AbortController().signal)),
  ])
  expect(stopped.result.stopReason).toBe('stopped')
  expect(stopped.result.generatedTokens).toBe(5)
  expect(other.result.text).toBe(alone.result.text)
  await resources.release(directory)
})

function never(): never {
  throw new Error('There is no such question.')
}
