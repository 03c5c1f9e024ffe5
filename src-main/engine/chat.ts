import { generate } from '../core/generation/generate.ts'
import { createSampler } from '../core/generation/sampling.ts'
import { encodeChat } from '../core/tokenizer/chat-template.ts'
import type { ChatMessage, ChatResult } from './contract.ts'
import { fitContext } from './fit-context.ts'
import { openAdapter } from './open-adapter.ts'
import type { Operation } from './operation-table.ts'
import type { EngineResources } from './resources.ts'

/** Answers a conversation with the model, token by token. */
export function chat(resources: EngineResources): Operation<'chat'> {
  return async function* (input, signal) {
    const model = resources.model(input.modelDirectory)
    const leave = resources.foreground.enter()
    const done = await model.takeTurn()
    try {
      const { tokenizer, chatTemplate, folder } = model
      const { contextLength } = folder.model.config
      const encode = (messages: readonly ChatMessage[]): readonly number[] =>
        encodeChat(tokenizer, chatTemplate, messages, { addGenerationPrompt: true }).ids
      const { prompt, leftOutMessages } = fitContext(encode, input.messages, contextLength, input.maxTokens)
      const adapter = input.adapter === null ? null : openAdapter(input.adapter, folder)
      const { decoder, drafting, extra } = await model.decoder(adapter, prompt)
      const before = performance.now()
      const generation = generate(decoder, tokenizer, {
        prompt,
        sample: createSampler(input.sampling),
        rules: {
          endIds: new Set(tokenizer.eosIds),
          maxTokens: input.maxTokens,
          contextLength,
          promptTokens: prompt.length,
        },
        extra,
        drafting,
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
      for (;;) {
        const { done: over, value } = await generation.next()
        if (over === true) return result(value)
        if (value.type === 'token') {
          if (generatedTokens === 0) prefillMs = performance.now() - before
          generatedTokens++
          text += value.text
          yield { text: value.text }
        } else reusedTokens = value.reusedTokens
        if (signal.aborted) return result('stopped')
      }
    } finally {
      done()
      leave()
    }
  }
}
