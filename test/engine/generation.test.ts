import { beforeAll, expect, test } from 'vitest'
import { Drafting } from '../../src-main/core/generation/drafting.ts'
import { generate } from '../../src-main/core/generation/generate.ts'
import { createSampler, type SamplingSettings } from '../../src-main/core/generation/sampling.ts'
import { encodeChat } from '../../src-main/core/tokenizer/chat-template.ts'
import { TorchGenerator } from '../../src-main/core/vera/random.ts'
import { chat } from '../../src-main/engine/chat.ts'
import type { ChatMessage, ChatResult } from '../../src-main/engine/contract.ts'
import type { EngineResources } from '../../src-main/engine/resources.ts'
import type { LoadedModel } from '../../src-main/engine/loaded-model.ts'
import { modelDirectory as realModel } from '../model-files.ts'
import { engineResources, finish, tinyChatModel } from './tiny-chat-model.ts'

const resources = engineResources()
let tiny: LoadedModel
beforeAll(async () => {
  tiny = resources.model(await tinyChatModel())
})

const greedy: SamplingSettings = { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 }
const sampled: SamplingSettings = { ...greedy, temperature: 0.8, topK: 40, topP: 0.95, repeatPenalty: 1.1 }

/** Fifty prompts of few different tokens, so that they repeat themselves. */
const prompts = Array.from({ length: 50 }, (_, index) => {
  const generator = new TorchGenerator(index)
  const kinds = 3 + (index % 20)
  return Array.from({ length: 30 }, () => 20 + Math.floor(generator.float64() * kinds) * 3)
})

async function answer(
  model: LoadedModel,
  prompt: readonly number[],
  settings: SamplingSettings,
  drafting: Drafting | null,
  maxTokens: number,
): Promise<{ ids: number[]; runs: number }> {
  const { decoder, close } = await model.open(null)
  const contextLength = model.folder.model.config.contextLength
  const rules = { endIds: new Set<number>(), maxTokens, contextLength, promptTokens: prompt.length }
  const input = { prompt, sample: createSampler(settings), rules, drafting }
  const ids: number[] = []
  for await (const step of generate(decoder, model.tokenizer, input))
    if (step.type === 'token') ids.push(step.id)
  await close()
  return { ids, runs: steps }
}

/** A clock by which every step costs the same, so that drafts are as long as they may be; it counts the steps. */
let steps = 0
const everyStepCostsTheSame = (): Drafting => {
  let readings = 0
  steps = 0
  return new Drafting(() => {
    steps = Math.ceil(++readings / 2)
    return readings
  })
}

test.each([
  ['the likeliest tokens', greedy],
  ['sampled tokens', sampled],
])('drafting changes nothing: %s of 50 prompts', async (_, settings) => {
  let drafted = 0
  for (const [seed, prompt] of prompts.entries()) {
    const plain = await answer(tiny, prompt, { ...settings, seed }, null, 40)
    const { ids, runs } = await answer(tiny, prompt, { ...settings, seed }, everyStepCostsTheSame(), 40)
    expect(ids).toEqual(plain.ids)
    drafted += runs
  }
  // The first token comes from the prompt; every other took a step of its own without drafts.
  if (settings === greedy) expect(drafted).toBeLessThan(0.8 * 39 * prompts.length)
})

test.skipIf(realModel === null)(
  'drafting changes nothing in what the real model says, and it repeats in a few steps what it is to repeat',
  { timeout: 300_000 },
  async () => {
    const model = resources.model(realModel ?? '')
    const content =
      'Repeat this sentence word for word: Bramble the dog sleeps in the yellow house by the river, and Pim feeds the hens at seven.'
    const messages = [{ role: 'user', content }] as const
    const prompt = encodeChat(model.tokenizer, model.chatTemplate, messages, {
      addGenerationPrompt: true,
    }).ids
    for (const settings of [greedy, { ...sampled, temperature: 0.3, repeatPenalty: 1 }]) {
      const plain = await answer(model, prompt, settings, null, 24)
      const { ids, runs } = await answer(model, prompt, settings, everyStepCostsTheSame(), 24)
      expect(ids).toEqual(plain.ids)
      if (settings === greedy) expect(runs).toBeLessThan(16)
    }
    await resources.release(realModel ?? '')
  },
)

test('turns, regenerations and conversations with the same beginning reuse what was read, and answer the same', async () => {
  const { directory } = tiny.folder
  const system: ChatMessage = { role: 'system', content: 'be kind to all the hens' }
  const ask = (content: string): ChatMessage => ({ role: 'user', content })
  const answered = async (by: EngineResources, messages: readonly ChatMessage[]): Promise<ChatResult> => {
    const input = { modelDirectory: directory, messages, adapter: null, sampling: greedy, maxTokens: 8 }
    return (await finish(chat(by)(input, new AbortController().signal))).result
  }
  const first = [system, ask('who feeds the hens at seven?')]
  const other = [system, ask('where?')]
  const { text } = await answered(resources, first)
  const second: readonly ChatMessage[] = [...first, { role: 'assistant', content: text }, ask('and then?')]
  const reused: number[] = []
  for (const messages of [other, first, second, second, other, second]) {
    const cold = engineResources()
    const alone = await answered(cold, messages)
    await cold.release(directory)
    const result = await answered(resources, messages)
    expect(alone.reusedTokens).toBe(0)
    expect(result.text).toBe(alone.text)
    reused.push(result.reusedTokens / (result.promptTokens - 1))
  }
  // The other conversation shares the system prompt; what was asked before is known to its last token but one.
  expect(reused[0]).toBeGreaterThan(0.3)
  expect(reused[1]).toBe(1)
  expect(reused[2]).toBeGreaterThan(0.5)
  expect(reused.slice(3)).toEqual([1, 1, 1])
  expect(tiny.cacheBytes).toBeGreaterThan(0)
})
