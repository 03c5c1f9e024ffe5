/** What the engine says of an answer while it comes. */

/** By the model itself, before the sampling settings. */
export interface TokenLikelihood {
  readonly text: string
  /** A token may be a part of a character. */
  readonly bytes: readonly number[]
  /** Natural logarithm of its probability. */
  readonly logprob: number
}

export interface ChosenToken extends TokenLikelihood {
  /** The likeliest first. */
  readonly top: readonly TokenLikelihood[]
}

export interface ChatEvent {
  readonly text: string
  /** Where `topLogprobs` asks for it; not of the token that ends a turn. */
  readonly token?: ChosenToken
}
