import { closeSync, openSync, writeSync } from 'node:fs'
import type { Extent } from '../../src-main/core/llama/stored-model.ts'

const alignment = 64
const pieceBytes = 2 ** 22

/** Writes extents of a weights file, made piece by piece. */
export class ExtentWriter {
  readonly #file: number
  #length = 0

  constructor(path: string) {
    this.#file = openSync(path, 'wx')
  }

  get length(): number {
    return this.#length
  }

  bytes(length: number, fill: (piece: Uint8Array) => void): Extent {
    const offset = Math.ceil(this.#length / alignment) * alignment
    const piece = new Uint8Array(Math.min(pieceBytes, length))
    for (let done = 0; done < length; done += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, length - done))
      fill(part)
      writeSync(this.#file, part, 0, part.length, offset + done)
    }
    this.#length = offset + length
    return { offset, length }
  }

  floats(count: number, value: () => number): Extent {
    return this.bytes(count * 4, ({ buffer, byteOffset, byteLength }) => {
      const floats = new Float32Array(buffer, byteOffset, byteLength / 4)
      for (let i = 0; i < floats.length; i++) floats[i] = value()
    })
  }

  close(): void {
    closeSync(this.#file)
  }
}
