/** What the engine is asked for an answer. */
import { randomInt } from 'node:crypto'
import type { ChatInput, ChatMessage, ChatResult } from '../../engine/contract.ts'
import type { Settings } from '../settings/settings.ts'
import type { AnsweringPair } from '../assistants/answering-pair.ts'

/** A seed of null becomes a new one. */
export function chatInput(
  pair: AnsweringPair,
  messages: readonly ChatMessage[],
  { sampling, fast, cacheMegabytes }: Pick<Settings, 'sampling' | 'fast' | 'cacheMegabytes'>,
): ChatInput {
  const { maxTokens, seed, ...rest } = sampling
  return {
    ...pair,
    messages,
    sampling: { ...rest, seed: seed ?? randomInt(2 ** 31) },
    maxTokens,
    fast,
    cacheBytes: cacheMegabytes === null ? null : cacheMegabytes * 1_000_000,
  }
}

/** Of the answer itself, the prompt not counted; null where there was too little to measure. */
export function tokensPerSecond(result: ChatResult): number | null {
  return result.decodeMs > 0 && result.generatedTokens > 0
    ? (result.generatedTokens * 1000) / result.decodeMs
    : null
}
