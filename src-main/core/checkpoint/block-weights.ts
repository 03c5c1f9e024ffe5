/**
 * Quantised weights as ONNX Runtime's MatMulNBits takes them: blocks of 32 along the columns, unsigned quants.
 * Unlike in ggml, a byte of a 4-bit block holds two neighbours: weight 2i in its low, 2i + 1 in its high nibble.
 * Source: onnxruntime, docs/ContribOperators.md (com.microsoft.MatMulNBits).
 */

/** Weights of a block. */
export const packedBlockSize = 32

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
