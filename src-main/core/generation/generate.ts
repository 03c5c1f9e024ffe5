import type { Feeds } from '../graph/runtime.ts'
import type { Decoder } from '../llama/decoder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { Drafting } from './drafting.ts'
import { PromptLookup } from './prompt-lookup.ts'
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
  /** Tries guessed tokens, several in a step; null reads one token a step. */
  readonly drafting: Drafting | null
}

/** Before and while the prompt is read, then with the text that each new token completes (may be empty). */
export type GenerationStep =
  | { readonly type: 'prompt'; /** Tokens that were in the cache. */ readonly reusedTokens: number }
  | { readonly type: 'token'; readonly id: number; readonly text: string }

/**
 * Reads the prompt, of which the decoder may know a beginning already, and answers it token by token. The
 * caller stops it between two steps by asking for no more.
 *
 * Drafting changes the speed, not the answer: every token is sampled from the logits of what really stands before
 * it, with the same random numbers in the same order (logits agree up to float32's rounding in sums).
 */
export async function* generate(
  decoder: Decoder,
  tokenizer: Tokenizer,
  input: GenerationInput,
): AsyncGenerator<GenerationStep, StopReason> {
  const { prompt, sample, rules, extra, drafting } = input
  // The last token is always read: its logits choose the first token of the answer.
  const known = decoder.rewindTo(prompt.slice(0, -1))
  yield { type: 'prompt', reusedTokens: known }
  const reading = decoder.read(prompt.slice(known), extra)
  let piece = await reading.next()
  while (piece.done !== true) {
    yield { type: 'prompt', reusedTokens: known }
    piece = await reading.next()
  }
  const lookup = drafting === null ? null : new PromptLookup(prompt)
  const stream = new TextStream(tokenizer.dropsFirstSpace)
  const recent = prompt.slice(-repeatWindow)
  /** `[1 + draft.length, V]`, of the last token and of the guessed tokens that were read with it. */
  let logits = piece.value
  let draft: readonly number[] = []
  let accepted = 0
  for (let generated = 1; ; generated++) {
    const vocabulary = logits.length / (1 + draft.length)
    const id = sample(logits.subarray(accepted * vocabulary, (accepted + 1) * vocabulary), recent)
    const reason = stopReason(rules, id, generated)
    const text = reason === 'end' ? stream.end() : stream.push(tokenizer.tokenBytes(id))
    yield { type: 'token', id, text: reason === null || reason === 'end' ? text : text + stream.end() }
    if (reason !== null) return reason
    recent.push(id)
    if (recent.length > repeatWindow) recent.shift()
    drafting?.judge(lookup?.matched ?? 0, lookup?.guess(1)[0] === id)
    lookup?.push(id)
    if (draft[accepted] === id) {
      accepted++
      continue
    }
    decoder.truncate(decoder.tokens.length - (draft.length - accepted))
    accepted = 0
    // No more than the answer may still be long, and the token that is read anyway.
    const limit = Math.min(
      rules.maxTokens - generated - 1,
      rules.contextLength - rules.promptTokens - generated - 1,
    )
    draft = lookup?.guess(drafting?.draftLength(lookup.matched, limit) ?? 0) ?? []
    const step = [id, ...draft]
    const before = drafting?.clock() ?? 0
    logits = await decoder.logits(step, [...step.keys()], extra)
    drafting?.measure(step.length, drafting.clock() - before)
  }
}
