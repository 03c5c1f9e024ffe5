/**
 * Random access to the bytes of a file. The core opens no files: its callers give one backed by a file,
 * tests and small data use `memorySource`.
 */
export interface ByteSource {
  /** In bytes. */
  readonly size: number
  /**
   * The bytes [offset, offset + length). Throws a RangeError outside of the file: parsers compare what a file
   * claims with `size` first. The result may share memory with the source (so don't write to it) and starts at
   * any alignment. It may lie in `into`, memory for as many bytes or more, which the caller uses again.
   */
  read(offset: number, length: number, into?: Uint8Array): Uint8Array
}

/** A source over bytes that are already in memory; reads are views, not copies. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(offset, length) {
      checkRange(offset, length, bytes.length)
      // Not `subarray`: that of a Node Buffer is a Buffer, whose `slice` doesn't copy.
      return new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length)
    },
  }
}

/** Throws a RangeError unless [offset, offset + length) lies within [0, size). */
export function checkRange(offset: number, length: number, size: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw new RangeError(`Read of ${length} bytes at ${offset} is outside of a source of ${size} bytes.`)
  }
}
