import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { checkRange } from '../../../src-main/core/checkpoint/byte-source.ts'
import type { ByteSource } from '../../../src-main/core/checkpoint/byte-source.ts'

export interface FileSource extends ByteSource {
  /** How many bytes were read so far. */
  readBytes(): number
  close(): void
}

/** A source backed by a file, which counts what is read from it. */
export function fileSource(path: string | URL): FileSource {
  const file = openSync(path, 'r')
  const size = fstatSync(file).size
  let total = 0
  return {
    size,
    read(offset, length) {
      checkRange(offset, length, size)
      const bytes = new Uint8Array(length)
      readSync(file, bytes, 0, length, offset)
      total += length
      return bytes
    },
    readBytes: () => total,
    close: () => closeSync(file),
  }
}
