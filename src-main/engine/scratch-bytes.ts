import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import type { ByteStore } from '../core/training/activation-rows.ts'
import { explainDiskFull } from './disk-full.ts'

/** Bytes for as long as a run goes on. */
export interface ScratchBytes extends ByteStore {
  /** Gives the memory or the file free. */
  close(): void
}

/** In memory up to `memoryBytes`, else in a file at `path`, which replaces what is there and is gone once closed. */
export function openScratchBytes(path: string, length: number, memoryBytes: number): ScratchBytes {
  return length <= memoryBytes ? inMemory(length) : inFile(path)
}

function inMemory(length: number): ScratchBytes {
  let all = new Uint8Array(length)
  return {
    write: (offset, bytes) => all.set(bytes, offset),
    read: (offset, out) => out.set(all.subarray(offset, offset + out.length)),
    close: () => (all = new Uint8Array(0)),
  }
}

function inFile(path: string): ScratchBytes {
  const file = openSync(path, 'w+')
  return {
    write(offset, bytes) {
      try {
        for (let done = 0; done < bytes.length;) {
          done += writeSync(file, bytes, done, bytes.length - done, offset + done)
        }
      } catch (error) {
        throw explainDiskFull(error, sentence`${path} could not be written; what was trained so far is safe`)
      }
    },
    read(offset, out) {
      for (let done = 0; done < out.length;) {
        const count = readSync(file, out, done, out.length - done, offset + done)
        if (count === 0) {
          throw new Failure('scratch-truncated', sentence`${path} has become too short. Start the run again.`)
        }
        done += count
      }
    },
    close() {
      closeSync(file)
      rmSync(path, { force: true })
    },
  }
}
