import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { Failure } from '../contract/failure.ts'
import type { ByteSource } from '../core/checkpoint/byte-source.ts'

/** A file as random-access bytes; `close` it when done. */
export interface FileSource extends ByteSource {
  close(): void
}

export function openFileSource(path: string): FileSource {
  const file = openSync(path, 'r')
  const { size } = fstatSync(file)
  return {
    size,
    read(offset, length) {
      const bytes = new Uint8Array(length)
      let done = 0
      while (done < length) {
        const count = readSync(file, bytes, done, length - done, offset + done)
        if (count === 0) throw new Failure('file-truncated', `The file ${path} ended while it was read.`)
        done += count
      }
      return bytes
    },
    close: () => closeSync(file),
  }
}
