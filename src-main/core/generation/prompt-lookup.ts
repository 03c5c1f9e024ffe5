/**
 * Guesses the next tokens of a text from the text itself: where its last tokens stood before, what followed them
 * may follow again. Source: prompt lookup decoding (Saxena 2023), the model-free case of speculative decoding
 * (Leviathan et al., 2211.17192).
 */

/** A match shorter than this is no ground for a guess. */
const shortestMatch = 2
/** A match is not measured beyond this. */
const longestMatch = 32

export class PromptLookup {
  readonly #tokens: number[] = []
  /** Two tokens in a row → the place after their last occurrence. */
  readonly #places = new Map<string, number>()
  /** The place of the guessed next token; -1 where there is no guess. */
  #source = -1
  #matched = 0

  constructor(tokens: readonly number[]) {
    for (const token of tokens) this.push(token)
  }

  /** How many of the last tokens stood before the guess, too; 0 without a guess. */
  get matched(): number {
    return this.#source < 0 ? 0 : this.#matched
  }

  push(token: number): void {
    const tokens = this.#tokens
    const guessed = this.#source >= 0 && tokens[this.#source] === token
    const before = tokens.at(-1)
    tokens.push(token)
    const pair = `${before} ${token}`
    if (guessed) {
      this.#source++
      this.#matched = Math.min(longestMatch, this.#matched + 1)
    } else {
      this.#source = this.#places.get(pair) ?? -1
      this.#matched = this.#source < 0 ? 0 : this.#measure(this.#source)
    }
    if (before !== undefined) this.#places.set(pair, tokens.length)
  }

  /** The next `count` tokens as guessed, none without a guess; a text that repeats itself goes on repeating. */
  guess(count: number): number[] {
    const guessed: number[] = []
    if (this.#source < 0) return guessed
    const known = this.#tokens.length
    for (let place = this.#source; guessed.length < count; place++) {
      guessed.push((place < known ? this.#tokens[place] : guessed[place - known]) as number)
    }
    return guessed
  }

  #measure(source: number): number {
    const last = this.#tokens.length
    let length = shortestMatch
    while (length < longestMatch && length < source) {
      if (this.#tokens[source - 1 - length] !== this.#tokens[last - 1 - length]) break
      length++
    }
    return length
  }
}
