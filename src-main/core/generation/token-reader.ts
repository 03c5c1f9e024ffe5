import type { StopSignal } from '../graph/runtime.ts'

/** A text that a model reads on, and remembers. */
export interface TokenReader {
  /** Tokens that it holds. */
  readonly length: number
  /** Whether no other text is read meanwhile: then a step of several tokens costs less than as many steps. */
  readonly isAlone: boolean
  /** Keeps the longest beginning that it has in common with `tokens`, and returns its length. */
  rewindTo(tokens: readonly number[]): number
  /** Forgets all tokens from place `length` on. */
  truncate(length: number): void
  /** Reads a text and yields after each piece of it; the logits `[V]` after its last token. */
  read(tokens: readonly number[], signal?: StopSignal): AsyncGenerator<void, Float32Array>
  /** Reads tokens at once: the logits `[tokens.length, V]` after each. */
  next(tokens: readonly number[]): Promise<Float32Array>
}
