/** When an answer is over. */

/** `end`: the model ended its turn; `length`: as many tokens as were asked for; `context`: no place for more. */
export type StopReason = 'end' | 'length' | 'context'

export interface StopRules {
  /** Tokens that end a turn; they are not part of the answer's text. */
  readonly endIds: ReadonlySet<number>
  /** Tokens of the answer at most. */
  readonly maxTokens: number
  /** Tokens the model can hold, prompt and answer together. */
  readonly contextLength: number
  readonly promptTokens: number
}

/**
 * Whether the answer is over now that `id` was chosen as its token number `generatedTokens` (counted from 1,
 * `id` included), and why; null goes on.
 */
export function stopReason(rules: StopRules, id: number, generatedTokens: number): StopReason | null {
  if (rules.endIds.has(id)) return 'end'
  if (generatedTokens >= rules.maxTokens) return 'length'
  if (rules.promptTokens + generatedTokens >= rules.contextLength) return 'context'
  return null
}

/** Ends a text at the first of some strings, and holds back what might yet become one. */
export class StopStrings {
  readonly #strings: readonly string[]
  #held = ''

  constructor(strings: readonly string[]) {
    this.#strings = strings.filter((text) => text !== '')
  }

  /** Takes the next piece; `text` is what is safe to show, `stopped` tells that a stop string followed it. */
  push(piece: string): { readonly text: string; readonly stopped: boolean } {
    const text = this.#held + piece
    const end = firstIndexOf(text, this.#strings)
    if (end !== -1) {
      this.#held = ''
      return { text: text.slice(0, end), stopped: true }
    }
    const safe = text.length - this.#mayBecomeOne(text)
    this.#held = text.slice(safe)
    return { text: text.slice(0, safe), stopped: false }
  }

  /** What was held back, once no more will come. */
  end(): string {
    const held = this.#held
    this.#held = ''
    return held
  }

  /** How many characters at the end of the text a stop string could start with. */
  #mayBecomeOne(text: string): number {
    let longest = 0
    for (const string of this.#strings) {
      for (let length = Math.min(string.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(string.slice(0, length))) longest = length
      }
    }
    return longest
  }
}

/** Where the first of the strings starts, or -1. */
function firstIndexOf(text: string, strings: readonly string[]): number {
  const places = strings.map((string) => text.indexOf(string)).filter((place) => place !== -1)
  return places.length === 0 ? -1 : Math.min(...places)
}
