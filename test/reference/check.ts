import { createHash } from 'node:crypto'

/** What a kind of reference fixture says after it was checked. */
export interface Outcome {
  /** Comparisons made. */
  readonly checks: number
  /** What differs, one line each; empty when all is well. */
  readonly failures: readonly string[]
  /** What can't be checked and why, one line each. */
  readonly skipped: readonly string[]
  /** The largest difference in units of its tolerance: 1 is at the limit. */
  readonly worst: number
}

export interface Tolerance {
  readonly absolute: number
  readonly relative?: number
}

/** Collects comparisons; every one counts. */
export class Check {
  #checks = 0
  #worst = 0
  readonly #failures: string[] = []
  readonly #skipped: string[] = []

  /** Exactly the same value (as JSON). */
  equal(what: string, actual: unknown, expected: unknown): void {
    this.#checks++
    const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
    if (a !== b) this.#failures.push(`${what}: ${shorten(a)} instead of ${shorten(b)}`)
  }

  /** The same bits, number by number: 0 is not -0, and a NaN is only the same NaN. */
  sameBits(what: string, actual: Float32Array, expected: Float32Array): void {
    this.#checks++
    if (actual.length !== expected.length) {
      this.#failures.push(`${what}: ${actual.length} numbers instead of ${expected.length}`)
      return
    }
    const [a, b] = [bitsOf(actual), bitsOf(expected)]
    const place = a.findIndex((bits, i) => bits !== b[i])
    if (place < 0) return
    this.#failures.push(
      `${what}: number ${place} is ${actual[place]} instead of ${expected[place]}, bit by bit`,
    )
  }

  /** Values whose little-endian bytes have this SHA-256: the same in every bit. */
  hash(what: string, actual: Float32Array | Uint8Array, expected: string | undefined): void {
    const bytes = new Uint8Array(actual.buffer, actual.byteOffset, actual.byteLength)
    this.equal(`${what}, SHA-256`, createHash('sha256').update(bytes).digest('hex'), expected)
  }

  /** Within `absolute + relative · |expected|`, element by element. */
  close(
    what: string,
    actual: ArrayLike<number>,
    expected: ArrayLike<number>,
    { absolute, relative = 0 }: Tolerance,
  ): void {
    this.#checks++
    if (actual.length !== expected.length) {
      this.#failures.push(`${what}: ${actual.length} numbers instead of ${expected.length}`)
      return
    }
    let worst = 0
    let place = 0
    for (let i = 0; i < actual.length; i++) {
      const [a, b] = [actual[i] ?? Number.NaN, expected[i] ?? Number.NaN]
      if (a === b) continue
      const used = Math.abs(a - b) / (absolute + relative * Math.abs(b))
      // Written so that NaN counts as a difference.
      if (used <= worst) continue
      worst = Number.isNaN(used) ? Number.POSITIVE_INFINITY : used
      place = i
    }
    this.#worst = Math.max(this.#worst, worst)
    if (worst > 1) {
      this.#failures.push(
        `${what}: number ${place} is ${actual[place]} instead of ${expected[place]} (${worst.toFixed(1)} × tolerance)`,
      )
    }
  }

  /** Passes if the condition holds. */
  holds(what: string, condition: boolean): void {
    this.#checks++
    if (!condition) this.#failures.push(what)
  }

  skip(what: string): void {
    this.#skipped.push(what)
  }

  outcome(): Outcome {
    return { checks: this.#checks, failures: this.#failures, skipped: this.#skipped, worst: this.#worst }
  }
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length)
}

function shorten(text: string | undefined): string {
  const shown = text ?? 'nothing'
  return shown.length > 120 ? `${shown.slice(0, 120)}…` : shown
}
