import type { StopSignal } from '../graph/runtime.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { Drafting } from './drafting.ts'
import { PromptLookup } from './prompt-lookup.ts'
import type { Sampler } from './sampling.ts'
import { type StopReason, type StopRules, stopReason } from './stop-rules.ts'
import { TextStream } from './text-stream.ts'
import type { TokenReader } from './token-reader.ts'

/** The repeat penalty looks back this many tokens, llama.cpp's default. */
const repeatWindow = 64

export interface GenerationInput {
  readonly prompt: readonly number[]
  readonly sample: Sampler
  readonly rules: StopRules
  /** Tries guessed tokens, several in a step; null reads one token a step. */
  readonly drafting: Drafting | null
  /** Ends the reading of the prompt in its middle, which then throws the signal's reason. */
  readonly signal?: StopSignal
}

/** Before and while the prompt is read, then with the text that each new token completes (may be empty). */
export type GenerationStep =
  | { readonly type: 'prompt'; /** Tokens that were in the cache. */ readonly reusedTokens: number }
  | {
      readonly type: 'token'
      readonly id: number
      readonly text: string
      /** `[V]`, by which it was chosen; only until the next step. */
      readonly logits: Float32Array
    }

/**
 * Reads the prompt, of which the reader may know a beginning already, and answers it token by token. The
 * caller stops it between two steps by asking for no more.
 *
 * Drafting changes the speed, not the answer: every token is sampled from the logits of what really stands before
 * it, with the same random numbers in the same order (logits agree up to float32's rounding in sums).
 */
export async function* generate(
  reader: TokenReader,
  tokenizer: Tokenizer,
  input: GenerationInput,
): AsyncGenerator<GenerationStep, StopReason> {
  const { prompt, sample, rules, drafting, signal } = input
  // The last token is always read: its logits choose the first token of the answer.
  const known = reader.rewindTo(prompt.slice(0, -1))
  yield { type: 'prompt', reusedTokens: known }
  const reading = reader.read(prompt.slice(known), signal)
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
    const ofPlace = logits.subarray(accepted * vocabulary, (accepted + 1) * vocabulary)
    const id = sample(ofPlace, recent)
    const reason = stopReason(rules, id, generated)
    const text = reason === 'end' ? stream.end() : stream.push(tokenizer.tokenBytes(id))
    yield {
      type: 'token',
      id,
      text: reason === null || reason === 'end' ? text : text + stream.end(),
      logits: ofPlace,
    }
    if (reason !== null) return reason
    recent.push(id)
    if (recent.length > repeatWindow) recent.shift()
    drafting?.judge(lookup?.matched ?? 0, lookup?.guess(1)[0] === id)
    lookup?.push(id)
    if (draft[accepted] === id) {
      accepted++
      continue
    }
    reader.truncate(reader.length - (draft.length - accepted))
    accepted = 0
    const isAlone = reader.isAlone
    // No more than the answer may still be long, and the token that is read anyway.
    const limit = Math.min(
      rules.maxTokens - generated - 1,
      rules.contextLength - rules.promptTokens - generated - 1,
    )
    const tried = isAlone ? (drafting?.draftLength(lookup?.matched ?? 0, limit) ?? 0) : 0
    draft = lookup?.guess(tried) ?? []
    const step = [id, ...draft]
    const before = drafting?.clock() ?? 0
    logits = await reader.next(step)
    if (isAlone && reader.isAlone) drafting?.measure(step.length, (drafting?.clock() ?? 0) - before)
  }
}
