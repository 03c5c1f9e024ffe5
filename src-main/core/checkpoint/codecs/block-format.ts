/**
 * ggml's quantised formats laid open. Whatever the bits of a block mean, its weights are
 * `w = (unit · factor) · q − minUnit · minFactor` with small integers `factor`, `q` and `minFactor`, the factors shared by
 * a run of weights. Every product is exact in float32 and the difference is exact in float64, so that storing it is the
 * one rounding and the values are bit-equal to ggml's. Source: ggml-common.h, ggml-quants.c.
 */

/** The largest block: ggml's super-blocks. */
const maxBlockSize = 256

/** One block, for reuse: of each array a format fills the first places that its block has. */
export interface OpenBlock {
  /** q of each weight. */
  readonly quants: Int16Array
  unit: number
  /** A factor a run. */
  readonly factors: Int16Array
  /** 0 in formats without minima; the sign turned where the format adds them. */
  minUnit: number
  /** A factor a run. */
  readonly minFactors: Int16Array
}

export function openBlock(): OpenBlock {
  return {
    quants: new Int16Array(maxBlockSize),
    unit: 0,
    factors: new Int16Array(maxBlockSize / 16).fill(1),
    minUnit: 0,
    minFactors: new Int16Array(maxBlockSize / 16).fill(1),
  }
}

export interface BlockFormat {
  /** Weights of a block. */
  readonly blockSize: number
  readonly bytesPerBlock: number
  /** Weights of a run. */
  readonly runLength: 16 | 32
  readonly hasMinima: boolean
  /** How blocks of 32 with one scale and one offset take its weights: see `packBlocks`. */
  readonly packing: 'nibbles' | 'bytes' | 'folded' | 'rounded'
  /** Reads the block at `at`; formats with one factor of 1 leave the factors as they are. */
  open(bytes: DataView, at: number, block: OpenBlock): void
}

/** Decodes `out.length` weights (whole blocks) from the start of `bytes`. */
export function dequantizeBlocks(format: BlockFormat, bytes: Uint8Array, out: Float32Array): void {
  const { blockSize, bytesPerBlock, runLength, hasMinima } = format
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const block = openBlock()
  const { quants, factors, minFactors } = block
  for (let start = 0, at = 0; start < out.length; start += blockSize, at += bytesPerBlock) {
    format.open(view, at, block)
    for (let run = 0, index = 0; index < blockSize; run++) {
      const scale = block.unit * (factors[run] ?? 0)
      const end = index + runLength
      if (hasMinima) {
        const minimum = block.minUnit * (minFactors[run] ?? 0)
        for (; index < end; index++) out[start + index] = scale * (quants[index] ?? 0) - minimum
      } else {
        // Nothing is subtracted: that could turn -0 into 0.
        for (; index < end; index++) out[start + index] = scale * (quants[index] ?? 0)
      }
    }
  }
}
