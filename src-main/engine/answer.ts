import { generate } from '../core/generation/generate.ts'
import { logProbabilities } from '../core/generation/log-probabilities.ts'
import { createSampler } from '../core/generation/sampling.ts'
import { encodeChat } from '../core/tokenizer/chat-template.ts'
import type { Tokenizer } from '../core/tokenizer/tokenizer.ts'
import type { ChatEvent, ChosenToken, TokenLikelihood } from './chat-event-contract.ts'
import type { ChatInput, ChatMessage, ChatResult } from './contract.ts'
import { fitContext } from './fit-context.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { OpenAdapter } from './open-adapter.ts'

/** What is asked of a model that is loaded. */
export interface Question extends Pick<
  ChatInput,
  'messages' | 'sampling' | 'maxTokens' | 'topLogprobs' | 'fast' | 'cacheBytes'
> {
  readonly adapter: OpenAdapter | null
}

/** The likeliest answer. */
export const likeliest = { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 }

/** Answers a conversation, token by token. */
export async function* answer(
  model: LoadedModel,
  { messages, adapter, sampling, maxTokens, topLogprobs = null, fast = false, cacheBytes }: Question,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent, ChatResult> {
  const { tokenizer, chatTemplate, folder } = model
  const { contextLength } = folder.model.config
  const encode = (given: readonly ChatMessage[]): readonly number[] =>
    encodeChat(tokenizer, chatTemplate, given, { addGenerationPrompt: true }).ids
  const { prompt, leftOutMessages } = fitContext(encode, messages, contextLength, maxTokens)
  if (cacheBytes !== undefined) model.limitCaches(cacheBytes)
  const opened = await model.open(adapter, prompt, fast)
  const before = performance.now()
  const generation = generate(opened.reader, tokenizer, {
    prompt,
    sample: createSampler(sampling),
    rules: {
      endIds: new Set(tokenizer.eosIds),
      maxTokens,
      contextLength,
      promptTokens: prompt.length,
    },
    drafting: opened.drafting,
    signal,
  })
  let text = ''
  let generatedTokens = 0
  let reusedTokens = 0
  let prefillMs = 0
  const result = (stopReason: ChatResult['stopReason']): ChatResult => ({
    text,
    stopReason,
    promptTokens: prompt.length,
    leftOutMessages,
    reusedTokens,
    generatedTokens,
    prefillMs,
    decodeMs: performance.now() - before - prefillMs,
  })
  try {
    for (;;) {
      const { done: over, value } = await generation.next()
      if (over === true) return result(value)
      if (value.type === 'token') {
        if (generatedTokens === 0) prefillMs = performance.now() - before
        generatedTokens++
        text += value.text
        const { id, logits } = value
        const asked = topLogprobs !== null && !tokenizer.eosIds.includes(id)
        yield asked
          ? { text: value.text, token: chosenToken(tokenizer, logits, id, topLogprobs) }
          : { text: value.text }
      } else reusedTokens = value.reusedTokens
      if (signal.aborted) return result('stopped')
    }
  } catch (error) {
    // What it broke off because it was to stop is no failure.
    if (signal.aborted) return result('stopped')
    throw error
  } finally {
    await opened.close()
  }
}

function chosenToken(tokenizer: Tokenizer, logits: Float32Array, id: number, count: number): ChosenToken {
  const { chosen, top } = logProbabilities(logits, id, count)
  const named = (token: { readonly id: number; readonly logprob: number }): TokenLikelihood => ({
    text: tokenizer.tokenText(token.id),
    bytes: [...tokenizer.tokenBytes(token.id)],
    logprob: token.logprob,
  })
  return { ...named(chosen), top: top.map(named) }
}
