import type { Feeds } from '../graph/runtime.ts'
import type { Decoder } from '../llama/decoder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { Sampler } from './sampling.ts'
import { type StopReason, type StopRules, stopReason } from './stop-rules.ts'
import { TextStream } from './text-stream.ts'

/** The repeat penalty looks back this many tokens, llama.cpp's default. */
const repeatWindow = 64

export interface GenerationInput {
  readonly prompt: readonly number[]
  readonly sample: Sampler
  readonly rules: StopRules
  /** Inputs of an adapter's graph. */
  readonly extra: Feeds
}

/** Before and while the prompt is read, then with the text that each new token completes (may be empty). */
export type GenerationStep =
  | { readonly type: 'prompt'; /** Tokens that were in the cache. */ readonly reusedTokens: number }
  | { readonly type: 'token'; readonly id: number; readonly text: string }

/**
 * Reads the prompt, of which the decoder may know a beginning already, and answers it token by token. The
 * caller stops it between two steps by asking for no more.
 */
export async function* generate(
  decoder: Decoder,
  tokenizer: Tokenizer,
  input: GenerationInput,
): AsyncGenerator<GenerationStep, StopReason> {
  const { prompt, sample, rules, extra } = input
  // The last token is always read: its logits choose the first token of the answer.
  const known = decoder.rewindTo(prompt.slice(0, -1))
  yield { type: 'prompt', reusedTokens: known }
  const reading = decoder.read(prompt.slice(known), extra)
  let piece = await reading.next()
  while (piece.done !== true) {
    yield { type: 'prompt', reusedTokens: known }
    piece = await reading.next()
  }
  let logits = piece.value
  const stream = new TextStream()
  const recent = prompt.slice(-repeatWindow)
  for (let generated = 1; ; generated++) {
    const id = sample(logits, recent)
    const reason = stopReason(rules, id, generated)
    const text = reason === 'end' ? stream.end() : stream.push(tokenizer.tokenBytes(id))
    yield { type: 'token', id, text: reason === null || reason === 'end' ? text : text + stream.end() }
    if (reason !== null) return reason
    recent.push(id)
    if (recent.length > repeatWindow) recent.shift()
    logits = await decoder.logits([id], [0], extra)
  }
}
