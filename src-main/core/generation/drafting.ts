/**
 * How many guessed tokens a step should try: as many as promise the most tokens a millisecond, by what guesses
 * turned out right and what steps cost so far. Guesses are judged whether they were tried or not, so knowing when
 * to try costs nothing, and where guesses are wrong no step is wasted on them.
 */

const maxDraft = 8
/** Until longer steps are measured: each token more costs this share of a step of one token. */
const priorSlope = 0.28
/** Steps of one token that are measured before anything is tried. */
const leastMeasured = 3
/** Trying must promise this much more than not trying. */
const margin = 1.05
/** Old guesses count less and less: a text changes its ways. */
const forgetting = 0.95
/** How far one measured step moves what is held of its cost. */
const learning = 0.3
/** How fast an unmeasured cost returns to what it was assumed to be, so that one bad measure isn't held for ever. */
const returning = 0.002

interface Judged {
  right: number
  all: number
}

export class Drafting {
  /** Milliseconds on a clock that never goes back. */
  readonly clock: () => number
  /** By the length of the match: see `bucketOf`. Guesses start distrusted. */
  readonly #judged: Judged[] = Array.from({ length: 9 }, () => ({ right: 0.3, all: 1.5 }))
  /** Cost of a step of k tokens as a multiple of a step of one. */
  readonly #costs = Float64Array.from({ length: maxDraft + 2 }, (_, k) => priorCost(k))
  #singleMs = 0
  #singles = 0
  #longerMeasured = false

  constructor(clock: () => number) {
    this.clock = clock
  }

  /** Whether the token after a match of `matched` tokens was the guessed one. */
  judge(matched: number, right: boolean): void {
    if (matched === 0) return
    const judged = this.#judged[bucketOf(matched)]
    if (judged === undefined) return
    judged.right = judged.right * forgetting + (right ? 1 : 0)
    judged.all = judged.all * forgetting + 1
  }

  /** A step of `tokens` tokens took `elapsedMs`. */
  measure(tokens: number, elapsedMs: number): void {
    if (tokens === 1) {
      this.#singles++
      this.#singleMs += Math.max(0.1, 1 / this.#singles) * (elapsedMs - this.#singleMs)
      this.#costs.forEach((cost, k) => (this.#costs[k] = cost + returning * (priorCost(k) - cost)))
      return
    }
    const held = this.#costs[tokens]
    if (held === undefined || this.#singles === 0) return
    // One stumble of the machine says little: no step counts as more than four times, or less than half, of it.
    const surprise = Math.min(4, Math.max(0.5, elapsedMs / this.#singleMs / held))
    // Steps of similar length cost similarly; the first one measured says most about all of them.
    const share = (k: number): number => (this.#longerMeasured ? learning / (1 + Math.abs(k - tokens)) : 1)
    this.#costs.forEach((cost, k) => {
      if (k > 1) this.#costs[k] = cost * surprise ** share(k)
    })
    this.#longerMeasured = true
  }

  /** How many guessed tokens to try after a match of `matched` tokens, at most `limit`; 0 tries none. */
  draftLength(matched: number, limit: number): number {
    if (matched === 0 || this.#singles < leastMeasured) return 0
    let best = 0
    let bestRate = margin
    let reached = 1
    let expected = 1
    for (let length = 1; length <= Math.min(limit, maxDraft); length++) {
      const { right, all } = this.#judged[bucketOf(matched + length - 1)] ?? { right: 0, all: 1 }
      reached *= right / all
      expected += reached
      const rate = expected / (this.#costs[length + 1] ?? Infinity)
      if (rate > bestRate) [best, bestRate] = [length, rate]
    }
    return best
  }
}

function priorCost(tokens: number): number {
  return 1 + priorSlope * Math.max(0, tokens - 1)
}

/** Matches of 1, 2, 3, 4–5, 6–7, 8–11, 12–15 and from 16 tokens are judged apart: longer ones go on more surely. */
function bucketOf(matched: number): number {
  return Math.min(8, Math.floor(2 * Math.log2(matched)))
}
