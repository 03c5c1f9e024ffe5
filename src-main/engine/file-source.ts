import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import type { ByteSource } from '../core/checkpoint/byte-source.ts'
import { uninitialized } from './reused-memory.ts'

/** A file as random-access bytes; `close` it when done. */
export interface FileSource extends ByteSource {
  /** Fills `bytes` with those of the file from `offset` on. */
  readInto(bytes: Uint8Array, offset: number): void
  close(): void
}

export function openFileSource(path: string): FileSource {
  const file = openSync(path, 'r')
  const { size } = fstatSync(file)
  const readInto = (bytes: Uint8Array, offset: number): void => {
    for (let done = 0; done < bytes.length;) {
      const count = readSync(file, bytes, done, bytes.length - done, offset + done)
      if (count === 0)
        throw new Failure('file-truncated', sentence`The file ${path} ended while it was read.`)
      done += count
    }
  }
  return {
    size,
    readInto,
    read(offset, length, into = uninitialized(length)) {
      const bytes = into.subarray(0, length)
      readInto(bytes, offset)
      return bytes
    },
    close: () => closeSync(file),
  }
}
