/**
 * MT19937, the generator behind PyTorch's CPU random numbers: 32-bit words from a 32-bit seed.
 *
 * Source: Matsumoto and Nishimura, "Mersenne Twister" (1998), seeding by `init_genrand` of 2002.
 */

/** Words of state, and the distance of the recurrence. */
const N = 624
const M = 397

const TWIST = 0x9908b0df
const UPPER_BIT = 0x80000000
const LOWER_BITS = 0x7fffffff

export class MersenneTwister {
  readonly #state = new Uint32Array(N)
  #next = N

  /** @param seed an integer; only its value modulo 2^32 counts, so -5 and 2^32-5 are the same seed. */
  constructor(seed: number) {
    const state = this.#state
    let previous = seed >>> 0
    state[0] = previous
    for (let i = 1; i < N; i++) {
      previous = (Math.imul(1812433253, previous ^ (previous >>> 30)) + i) >>> 0
      state[i] = previous
    }
  }

  /** The next word, 0 to 2^32-1. */
  word(): number {
    if (this.#next === N) {
      twist(this.#state)
      this.#next = 0
    }
    let word = this.#state[this.#next++] as number
    word ^= word >>> 11
    word ^= (word << 7) & 0x9d2c5680
    word ^= (word << 15) & 0xefc60000
    word ^= word >>> 18
    return word >>> 0
  }
}

/** Replaces the whole state by the next 624 words; three loops so that no index needs a modulo. */
function twist(state: Uint32Array): void {
  const first = N - M
  for (let i = 0; i < first; i++) {
    state[i] = (state[i + M] as number) ^ mix(state[i] as number, state[i + 1] as number)
  }
  for (let i = first; i < N - 1; i++) {
    state[i] = (state[i - first] as number) ^ mix(state[i] as number, state[i + 1] as number)
  }
  state[N - 1] = (state[M - 1] as number) ^ mix(state[N - 1] as number, state[0] as number)
}

function mix(upper: number, lower: number): number {
  const word = (upper & UPPER_BIT) | (lower & LOWER_BITS)
  // The mask instead of a condition: a branch on a random bit is guessed wrong half of the time.
  return (word >>> 1) ^ (-(lower & 1) & TWIST)
}
