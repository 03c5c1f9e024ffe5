import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { isBlockFormat, packBlocks } from '../core/checkpoint/block-weights.ts'
import type { Extent, StoredWeight } from '../core/llama/stored-model.ts'
import type { WeightTensor } from '../core/llama/llama-checkpoint.ts'

/** Tensors start at multiples of this, so that they can be mapped and read as words. */
const alignment = 64

/** Writes tensors one after the other into a weights file, in the form in which ONNX Runtime takes them. */
export class WeightsWriter {
  readonly #file: number
  #length = 0

  constructor(path: string) {
    this.#file = openSync(path, 'wx')
  }

  /** 4- and 8-bit tensors stay so, floats keep their width; no weight changes its value. */
  write(tensor: WeightTensor): StoredWeight {
    const { format, shape } = tensor
    if (isBlockFormat(format)) {
      const [rows = 0, columns = 0] = shape
      const { bits, quants, scales, offsets } = packBlocks(format, tensor.read(), rows, columns)
      return {
        kind: 'blocks',
        bits,
        rows,
        columns,
        quants: this.#append(quants),
        scales: this.#append(bytesOf(scales)),
        offsets: offsets === null ? null : this.#append(bytesOf(offsets)),
      }
    }
    return { kind: 'dense', dtype: denseTypes[format], shape, ...this.#append(tensor.read()) }
  }

  get length(): number {
    return this.#length
  }

  /** Makes the file durable and closes it. */
  finish(): void {
    fsyncSync(this.#file)
    closeSync(this.#file)
  }

  #append(bytes: Uint8Array): Extent {
    const offset = Math.ceil(this.#length / alignment) * alignment
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.#file, bytes, done, bytes.length - done, offset + done)
    }
    this.#length = offset + bytes.length
    return { offset, length: bytes.length }
  }
}

const denseTypes = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const

function bytesOf(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength)
}
