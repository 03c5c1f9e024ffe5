import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import { blockBytes, blocksOf, packedAs } from '../core/checkpoint/pack-blocks.ts'
import type { RoundingError } from '../core/checkpoint/quantize-blocks.ts'
import { isBlockFormat, weightFormats } from '../core/checkpoint/weight-formats.ts'
import { type BlockPlan, blockPlan } from '../core/llama/quantize-plan.ts'
import type { Extent, StoredWeight } from '../core/llama/stored-model.ts'
import type { WeightTensor } from '../core/llama/llama-checkpoint.ts'
import type { Codecs } from './native-codecs.ts'
import { ReusedMemory } from './reused-memory.ts'
import { WriteBehind } from './write-behind.ts'

/** Tensors start at multiples of this, so that they can be mapped and read as words. */
const alignment = 64
/** As many weights are in memory at once, but for their scales: enough for threads, little enough for caches. */
const pieceWeights = 2 ** 20

export interface WrittenTensor {
  readonly stored: StoredWeight
  /** What rounding cost; null where no weight changed. */
  readonly rounding: RoundingError | null
}

/** Writes tensors one after the other into a weights file, in the form in which ONNX Runtime takes them. */
export class WeightsWriter {
  readonly #file: WriteBehind
  readonly #codecs: Codecs
  #length = 0
  readonly #source = new ReusedMemory(1)
  readonly #floats = new ReusedMemory(1)
  // Of two: one is written while the next one is filled.
  readonly #pieces = new ReusedMemory(2)
  readonly #scales = new ReusedMemory(2)
  readonly #offsets = new ReusedMemory(2)

  constructor(path: string, codecs: Codecs) {
    this.#codecs = codecs
    this.#file = new WriteBehind(path)
  }

  /**
   * Quantised tensors become blocks, floats keep their width; no weight changes its value, unless its format has more
   * scales than blocks hold, or it is to be quantised to `bits`: then `rounding` says what that cost. Yields how many
   * bytes of the tensor were read, piece by piece.
   *
   * @throws Failure `weights-not-finite` for numbers that can't be quantised
   */
  async *write(tensor: WeightTensor, bits: 4 | 8 | null = null): AsyncGenerator<number, WrittenTensor> {
    const { name, format } = tensor
    const plan = bits === null ? null : blockPlan(tensor, bits)
    if (plan !== null) {
      const written = yield* this.#writeBlocks(tensor, plan)
      const { error, weights } = written.rounding
      if (Number.isFinite(error) && Number.isFinite(weights)) return written
      throw new Failure(
        'weights-not-finite',
        sentence`The tensor ${name} holds infinities or what is no number, which can't be quantised. The file may be damaged: download it again, or import it without quantising.`,
      )
    }
    if (!isBlockFormat(format)) return yield* this.#writeFloats(tensor, denseTypes[format])
    const { stored, rounding } = yield* this.#writeBlocks(tensor, packedAs(format))
    return { stored, rounding: rounding.weights === 0 ? null : rounding }
  }

  get length(): number {
    return this.#length
  }

  /** Makes what was written durable. */
  finish(): Promise<void> {
    return this.#file.finish()
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async *#writeFloats(
    tensor: WeightTensor,
    dtype: (typeof denseTypes)[keyof typeof denseTypes],
  ): AsyncGenerator<number, WrittenTensor> {
    const { shape } = tensor
    const extent = this.#place(bytesOf(tensor, shape[0] ?? 0))
    let done = 0
    for (const { firstRow, rowCount } of piecesOf(tensor)) {
      const bytes = tensor.read(firstRow, rowCount, this.#pieces.take(bytesOf(tensor, rowCount)))
      await this.#file.write(bytes, extent.offset + done)
      done += bytes.length
      yield bytes.length
    }
    return { stored: { kind: 'dense', dtype, shape, ...extent }, rounding: null }
  }

  async *#writeBlocks(
    tensor: WeightTensor,
    { bits, hasOffsets }: BlockPlan,
  ): AsyncGenerator<number, WrittenTensor & { readonly rounding: RoundingError }> {
    const [rows = 0, columns = 0] = tensor.shape
    const blocks = blocksOf(rows, columns)
    const quants = this.#place(blocks * blockBytes(bits))
    const scales = this.#scales.takeFloats(blocks)
    const offsets = hasOffsets ? this.#offsets.takeFloats(blocks) : null
    const rounding = { error: 0, weights: 0 }
    for (const { firstRow, rowCount } of piecesOf(tensor)) {
      const [first, end] = [blocksOf(firstRow, columns), blocksOf(firstRow + rowCount, columns)]
      const packed = {
        ...{ bits, rows: rowCount, columns },
        quants: this.#pieces.take((end - first) * blockBytes(bits)),
        scales: scales.subarray(first, end),
        offsets: offsets?.subarray(first, end) ?? null,
      }
      const bytes = tensor.read(firstRow, rowCount, this.#source.take(bytesOf(tensor, rowCount)))
      const cost = isBlockFormat(tensor.format)
        ? this.#codecs.packBlocks(tensor.format, bytes, packed)
        : this.#codecs.quantizeBlocks(this.#dequantized(tensor, bytes, rowCount * columns), packed)
      rounding.error += cost?.error ?? 0
      rounding.weights += cost?.weights ?? 0
      await this.#file.write(packed.quants, quants.offset + first * blockBytes(bits))
      yield bytes.length
    }
    const stored = {
      kind: 'blocks',
      ...{ bits, rows, columns, quants },
      scales: await this.#append(scales),
      offsets: offsets && (await this.#append(offsets)),
    } as const
    return { stored, rounding }
  }

  #dequantized({ format }: WeightTensor, bytes: Uint8Array, count: number): Float32Array {
    const weights = this.#floats.takeFloats(count)
    this.#codecs.dequantize(format, bytes, weights)
    return weights
  }

  async #append(floats: Float32Array): Promise<Extent> {
    const extent = this.#place(floats.byteLength)
    await this.#file.write(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength), extent.offset)
    return extent
  }

  /** The next place in the file. */
  #place(length: number): Extent {
    const offset = Math.ceil(this.#length / alignment) * alignment
    this.#length = offset + length
    return { offset, length }
  }
}

const denseTypes = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const

/** Of rows as they are stored. */
function bytesOf({ format, shape }: WeightTensor, rowCount: number): number {
  const { blockSize, bytesPerBlock } = weightFormats[format]
  return (shape.slice(1).reduce((a, b) => a * b, rowCount) / blockSize) * bytesPerBlock
}

/** Whole rows, about `pieceWeights` at once. */
function* piecesOf({ shape }: WeightTensor): Generator<{ firstRow: number; rowCount: number }> {
  const [rows = 0, ...rest] = shape
  const columns = rest.reduce((a, b) => a * b, 1)
  const most = Math.max(1, Math.floor(pieceWeights / columns))
  for (let firstRow = 0; firstRow < rows; firstRow += most)
    yield { firstRow, rowCount: Math.min(most, rows - firstRow) }
}
