/** Memory for bytes that are all written before any is read: filling it with zeros first takes as long as reading a file. */
export function uninitialized(length: number): Uint8Array<ArrayBuffer> {
  // Not the Buffer itself, whose `slice` doesn't copy.
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
}

/**
 * The same memory again and again, as much of it as is asked for: what is thrown away costs the collection of garbage
 * more than packing what is in it.
 */
export class ReusedMemory {
  #turns: readonly Uint8Array<ArrayBuffer>[]
  #turn = 0

  /** What was taken lasts until it was taken `turns` times more. */
  constructor(turns: number) {
    this.#turns = Array.from({ length: turns }, () => uninitialized(0))
  }

  /** Holds anything. */
  take(length: number): Uint8Array<ArrayBuffer> {
    this.#turn = (this.#turn + 1) % this.#turns.length
    if ((this.#turns[this.#turn]?.length ?? 0) < length) {
      this.#turns = this.#turns.with(this.#turn, uninitialized(length))
    }
    return (this.#turns[this.#turn] ?? uninitialized(length)).subarray(0, length)
  }

  takeFloats(count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.take(count * 4).buffer, 0, count)
  }
}
