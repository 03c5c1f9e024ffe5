/**
 * Hidden states kept for long: rows of float32 numbers, stored as they are or in 16 bits.
 *
 * In 16 bits a number keeps 11 bits (IEEE 754 binary16, rounded to even). A row with a number that is too large for
 * that is stored divided by a power of two: some models have few hidden states far above all others.
 */

/** Bytes that can be reached at any offset: memory or a file. */
export interface ByteStore {
  write(offset: number, bytes: Uint8Array): void
  read(offset: number, out: Uint8Array): void
}

export type RowPrecision = 'float16' | 'float32'

const bytesPerNumber = { float16: 2, float32: 4 } as const
/** The largest power of two in binary16. */
const largest = 2 ** 15

export function activationBytes(rows: number, width: number, precision: RowPrecision): number {
  return rows * width * bytesPerNumber[precision]
}

export class ActivationRows {
  readonly #store: ByteStore
  readonly #width: number
  readonly #precision: RowPrecision
  /** What each row was divided by. */
  readonly #divisors: Float32Array

  /** `count` rows of `width` numbers; the store holds `activationBytes` of them. */
  constructor(store: ByteStore, count: number, width: number, precision: RowPrecision) {
    this.#store = store
    this.#width = width
    this.#precision = precision
    this.#divisors = new Float32Array(count).fill(1)
  }

  /** Rows from `first` on: `[n, width]`. */
  write(first: number, rows: Float32Array): void {
    const offset = activationBytes(first, this.#width, this.#precision)
    if (this.#precision === 'float32') this.#store.write(offset, bytesOf(rows))
    else this.#store.write(offset, bytesOf(this.#rounded(first, rows)))
  }

  read(first: number, out: Float32Array): void {
    const offset = activationBytes(first, this.#width, this.#precision)
    if (this.#precision === 'float32') {
      this.#store.read(offset, bytesOf(out))
      return
    }
    const rounded = new Float16Array(out.length)
    this.#store.read(offset, bytesOf(rounded))
    out.set(rounded)
    for (const [row, part] of rowsOf(out, this.#width)) {
      const divisor = this.#divisors[first + row] ?? 1
      if (divisor !== 1) for (let i = 0; i < part.length; i++) part[i] = (part[i] ?? 0) * divisor
    }
  }

  #rounded(first: number, rows: Float32Array): Float16Array {
    const rounded = new Float16Array(rows)
    for (const [row, part] of rowsOf(rows, this.#width)) {
      const peak = part.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const divisor = peak > largest ? 2 ** Math.ceil(Math.log2(peak / largest)) : 1
      this.#divisors[first + row] = divisor
      if (divisor !== 1)
        rounded.set(
          part.map((value) => value / divisor),
          row * this.#width,
        )
    }
    return rounded
  }
}

function* rowsOf(x: Float32Array, width: number): Generator<[number, Float32Array]> {
  for (let row = 0; row * width < x.length; row++) yield [row, x.subarray(row * width, (row + 1) * width)]
}

function bytesOf(numbers: Float32Array | Float16Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}
