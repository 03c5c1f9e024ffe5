import type { ChosenToken, TokenLikelihood } from '../../engine/chat-event-contract.ts'

/** What OpenAI's API calls the log probabilities of a choice. */
export interface CompletionLogprobs {
  readonly content: readonly object[]
  readonly refusal: null
}

/** The tokens of a text, of which some part may be held back or cut off. */
export class ShownTokens {
  #pending: { readonly start: number; readonly token: ChosenToken }[] = []
  #tokenStart = 0
  #shown = 0

  push(text: string, token: ChosenToken | undefined): void {
    if (token !== undefined) this.#pending.push({ start: this.#tokenStart, token })
    this.#tokenStart += text.length
  }

  /** Those that begin in what is shown by now, each once; null where none were asked for. */
  take(shown: string): CompletionLogprobs | null {
    this.#shown += shown.length
    const taken = this.#pending.filter(({ start }) => start < this.#shown)
    if (taken.length === 0) return null
    this.#pending = this.#pending.filter(({ start }) => start >= this.#shown)
    return { content: taken.map(({ token }) => entry(token)), refusal: null }
  }
}

function entry(token: ChosenToken): object {
  return { ...named(token), top_logprobs: token.top.map(named) }
}

function named({ text, bytes, logprob }: TokenLikelihood): object {
  return { token: text, bytes, logprob }
}
