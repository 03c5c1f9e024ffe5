/**
 * Quantised weights as ONNX Runtime's MatMulNBits takes them: blocks of 32 along the columns, unsigned quants.
 * Unlike in ggml, a byte of a 4-bit block holds two neighbours: weight 2i in its low, 2i + 1 in its high nibble.
 * Source: onnxruntime, docs/ContribOperators.md (com.microsoft.MatMulNBits).
 */
import { Failure } from '../../contract/failure.ts'
import { halfToFloat } from './codecs/half.ts'
import type { WeightFormat } from './weight-formats.ts'

/** Weights of a block. */
const blockSize = 32

/** w = scale * (q - 2^(bits - 1)) + offset, with a scale and an offset a block. */
export interface BlockWeights {
  readonly bits: 4 | 8
  readonly rows: number
  /** A multiple of 32. */
  readonly columns: number
  /** [rows, columns / 32, 4 * bits] */
  readonly quants: Uint8Array<ArrayBuffer>
  /** [rows, columns / 32] */
  readonly scales: Float32Array<ArrayBuffer>
  /** [rows, columns / 32], or null where every offset is 0. */
  readonly offsets: Float32Array<ArrayBuffer> | null
}

/** The formats `packBlocks` takes. */
export type BlockFormat = 'Q4_0' | 'Q4_1' | 'Q8_0'

export function isBlockFormat(format: WeightFormat): format is BlockFormat {
  return format === 'Q4_0' || format === 'Q4_1' || format === 'Q8_0'
}

/**
 * Repacks raw rows of a ggml format; no weight changes its value. (A Q4_1 offset is m + 8d, which float32 holds
 * exactly unless the exponents of the halves d and m differ by more than 12: then it is rounded once.)
 *
 * @param bytes rows of ggml blocks, [rows, columns / 32, bytes of a block]
 */
export function packBlocks(
  format: BlockFormat,
  bytes: Uint8Array,
  rows: number,
  columns: number,
): BlockWeights {
  if (columns % blockSize !== 0) {
    throw new Failure(
      'block-columns',
      `Rows of ${columns} weights do not divide into blocks of ${blockSize}.`,
    )
  }
  const blocks = (rows * columns) / blockSize
  const bits = format === 'Q8_0' ? 8 : 4
  const quants = new Uint8Array(blocks * 4 * bits)
  const scales = new Float32Array(blocks)
  const offsets = format === 'Q4_1' ? new Float32Array(blocks) : null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (format) {
    case 'Q4_0':
      for (let block = 0, at = 0; block < blocks; block++, at += 18) {
        scales[block] = halfToFloat[view.getUint16(at, true)] ?? 0
        packNibbles(view, at + 2, quants, block * 16)
      }
      break
    case 'Q4_1':
      for (let block = 0, at = 0; block < blocks; block++, at += 20) {
        const d = halfToFloat[view.getUint16(at, true)] ?? 0
        const m = halfToFloat[view.getUint16(at + 2, true)] ?? 0
        scales[block] = d
        if (offsets) offsets[block] = m + 8 * d
        packNibbles(view, at + 4, quants, block * 16)
      }
      break
    case 'Q8_0':
      for (let block = 0, at = 0; block < blocks; block++, at += 34) {
        scales[block] = halfToFloat[view.getUint16(at, true)] ?? 0
        for (let index = 0; index < 32; index++)
          quants[block * 32 + index] = view.getInt8(at + 2 + index) + 128
      }
      break
  }
  return { bits, rows, columns, quants, scales, offsets }
}

/** 16 bytes of nibble pairs (i, i + 16) → 16 bytes of pairs (2i, 2i + 1). */
function packNibbles(from: DataView, at: number, to: Uint8Array, start: number): void {
  for (let index = 0; index < 8; index++) {
    const even = from.getUint8(at + 2 * index)
    const odd = from.getUint8(at + 2 * index + 1)
    to[start + index] = (even & 15) | ((odd & 15) << 4)
    to[start + 8 + index] = (even >> 4) | (odd & 0xf0)
  }
}

/**
 * Decodes packed blocks to float32: `out` takes 32 weights a scale. Runs inside the training loop, so it reads
 * eight nibbles at a time and allocates nothing.
 */
export function unpackBlocks(
  quants: Uint8Array,
  scales: Float32Array,
  offsets: Float32Array | null,
  bits: 4 | 8,
  out: Float32Array,
): void {
  const view = new DataView(quants.buffer, quants.byteOffset, quants.byteLength)
  if (bits === 8) unpackBytes(view, scales, offsets, out)
  else if (offsets) unpackNibblesWithOffset(view, scales, offsets, out)
  else unpackNibbles(view, scales, out)
}

// The offset has a loop of its own: adding a zero would turn -0 into 0, and costs time.
function unpackNibbles(quants: DataView, scales: Float32Array, out: Float32Array): void {
  for (let block = 0, weight = 0; block < scales.length; block++) {
    const scale = scales[block] ?? 0
    for (let at = block * 16; at < block * 16 + 16; at += 4, weight += 8) {
      const eight = quants.getInt32(at, true)
      out[weight] = scale * ((eight & 15) - 8)
      out[weight + 1] = scale * (((eight >> 4) & 15) - 8)
      out[weight + 2] = scale * (((eight >> 8) & 15) - 8)
      out[weight + 3] = scale * (((eight >> 12) & 15) - 8)
      out[weight + 4] = scale * (((eight >> 16) & 15) - 8)
      out[weight + 5] = scale * (((eight >> 20) & 15) - 8)
      out[weight + 6] = scale * (((eight >> 24) & 15) - 8)
      out[weight + 7] = scale * ((eight >>> 28) - 8)
    }
  }
}

function unpackNibblesWithOffset(
  quants: DataView,
  scales: Float32Array,
  offsets: Float32Array,
  out: Float32Array,
): void {
  for (let block = 0, weight = 0; block < scales.length; block++) {
    const scale = scales[block] ?? 0
    const offset = offsets[block] ?? 0
    for (let at = block * 16; at < block * 16 + 16; at += 4, weight += 8) {
      const eight = quants.getInt32(at, true)
      out[weight] = scale * ((eight & 15) - 8) + offset
      out[weight + 1] = scale * (((eight >> 4) & 15) - 8) + offset
      out[weight + 2] = scale * (((eight >> 8) & 15) - 8) + offset
      out[weight + 3] = scale * (((eight >> 12) & 15) - 8) + offset
      out[weight + 4] = scale * (((eight >> 16) & 15) - 8) + offset
      out[weight + 5] = scale * (((eight >> 20) & 15) - 8) + offset
      out[weight + 6] = scale * (((eight >> 24) & 15) - 8) + offset
      out[weight + 7] = scale * ((eight >>> 28) - 8) + offset
    }
  }
}

function unpackBytes(
  quants: DataView,
  scales: Float32Array,
  offsets: Float32Array | null,
  out: Float32Array,
): void {
  for (let block = 0, weight = 0; block < scales.length; block++) {
    const scale = scales[block] ?? 0
    const end = weight + 32
    if (offsets) {
      const offset = offsets[block] ?? 0
      for (; weight < end; weight++) out[weight] = scale * (quants.getUint8(weight) - 128) + offset
    } else {
      for (; weight < end; weight++) out[weight] = scale * (quants.getUint8(weight) - 128)
    }
  }
}
