import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { emptyBlocksFor } from '../core/checkpoint/pack-blocks.ts'
import type { RoundingError } from '../core/checkpoint/quantize-blocks.ts'
import { isBlockFormat } from '../core/checkpoint/weight-formats.ts'
import type { Extent, StoredWeight } from '../core/llama/stored-model.ts'
import type { WeightTensor } from '../core/llama/llama-checkpoint.ts'
import type { Codecs } from './native-codecs.ts'

/** Tensors start at multiples of this, so that they can be mapped and read as words. */
const alignment = 64

/** Writes tensors one after the other into a weights file, in the form in which ONNX Runtime takes them. */
export class WeightsWriter {
  readonly #file: number
  readonly #codecs: Codecs
  #length = 0

  constructor(path: string, codecs: Codecs) {
    this.#codecs = codecs
    this.#file = openSync(path, 'wx')
  }

  /**
   * Quantised tensors become blocks, floats keep their width; no weight changes its value, unless its format has more
   * scales than blocks hold: then `rounding` says what that cost.
   */
  write(tensor: WeightTensor): { readonly stored: StoredWeight; readonly rounding: RoundingError | null } {
    const { format, shape } = tensor
    if (!isBlockFormat(format)) {
      const stored = {
        kind: 'dense',
        dtype: denseTypes[format],
        shape,
        ...this.#append(tensor.read()),
      } as const
      return { stored, rounding: null }
    }
    const [rows = 0, columns = 0] = shape
    const blocks = emptyBlocksFor(format, rows, columns)
    const rounding = this.#codecs.packBlocks(format, tensor.read(), blocks)
    const { bits, quants, scales, offsets } = blocks
    const stored = {
      kind: 'blocks',
      bits,
      rows,
      columns,
      quants: this.#append(quants),
      scales: this.#append(bytesOf(scales)),
      offsets: offsets === null ? null : this.#append(bytesOf(offsets)),
    } as const
    return { stored, rounding }
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
