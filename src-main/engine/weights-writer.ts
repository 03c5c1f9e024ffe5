import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import type { BlockWeights } from '../core/checkpoint/block-weights.ts'
import { emptyBlocks, emptyBlocksFor } from '../core/checkpoint/pack-blocks.ts'
import { blockRange, type RoundingError } from '../core/checkpoint/quantize-blocks.ts'
import { isBlockFormat, weightFormats } from '../core/checkpoint/weight-formats.ts'
import { blockPlan } from '../core/llama/quantize-plan.ts'
import type { Extent, StoredWeight } from '../core/llama/stored-model.ts'
import type { WeightTensor } from '../core/llama/llama-checkpoint.ts'
import type { Codecs } from './native-codecs.ts'

/** Tensors start at multiples of this, so that they can be mapped and read as words. */
const alignment = 64
/** As many weights are float32 at once while a tensor is quantised: 4 MB. */
const pieceWeights = 2 ** 20

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
   * scales than blocks hold, or it is to be quantised to `bits`: then `rounding` says what that cost.
   *
   * @throws Failure `weights-not-finite` for numbers that can't be quantised
   */
  write(
    tensor: WeightTensor,
    bits: 4 | 8 | null = null,
  ): { readonly stored: StoredWeight; readonly rounding: RoundingError | null } {
    const { format, shape } = tensor
    const [rows = 0, columns = 0] = shape
    const plan = bits === null ? null : blockPlan(tensor, bits)
    if (plan !== null) {
      const blocks = emptyBlocks(plan.bits, rows, columns, plan.hasOffsets)
      const rounding = this.#quantize(tensor, blocks)
      return { stored: this.#appendBlocks(blocks), rounding }
    }
    if (!isBlockFormat(format)) {
      const stored = {
        kind: 'dense',
        dtype: denseTypes[format],
        shape,
        ...this.#append(tensor.read()),
      } as const
      return { stored, rounding: null }
    }
    const blocks = emptyBlocksFor(format, rows, columns)
    const rounding = this.#codecs.packBlocks(format, tensor.read(), blocks)
    return { stored: this.#appendBlocks(blocks), rounding }
  }

  get length(): number {
    return this.#length
  }

  /** Makes what was written durable. */
  finish(): void {
    fsyncSync(this.#file)
  }

  close(): void {
    closeSync(this.#file)
  }

  #quantize({ name, format, read }: WeightTensor, out: BlockWeights): RoundingError {
    const sums = { error: 0, weights: 0 }
    const bytes = read()
    const { bytesPerBlock } = weightFormats[format]
    const piece = new Float32Array(Math.min(pieceWeights, out.rows * out.columns))
    for (let block = 0; block < out.scales.length; block += pieceWeights / 32) {
      const end = Math.min(block + pieceWeights / 32, out.scales.length)
      const weights = piece.subarray(0, (end - block) * 32)
      this.#codecs.dequantize(format, bytes.subarray(block * 32 * bytesPerBlock), weights)
      const cost = this.#codecs.quantizeBlocks(weights, blockRange(out, block, end))
      sums.error += cost.error
      sums.weights += cost.weights
    }
    if (Number.isFinite(sums.error) && Number.isFinite(sums.weights)) return sums
    throw new Failure(
      'weights-not-finite',
      sentence`The tensor ${name} holds infinities or what is no number, which can't be quantised. The file may be damaged: download it again, or import it without quantising.`,
    )
  }

  #appendBlocks({ bits, rows, columns, quants, scales, offsets }: BlockWeights): StoredWeight {
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
