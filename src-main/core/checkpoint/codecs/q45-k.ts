/** ggml's 4- and 5-bit super-blocks: 8 runs of 32 weights, a 6-bit scale and a 6-bit minimum each. */
import type { BlockFormat, OpenBlock } from './block-format.ts'
import { halfToFloat } from './half.ts'

/**
 * A block: half d, half dmin, 12 bytes of scales and minima, 128 bytes of nibbles; w = d * scale * q - dmin * minimum.
 * 32 bytes hold two runs, the first one low.
 */
export const q4_K: BlockFormat = {
  blockSize: 256,
  bytesPerBlock: 144,
  runLength: 32,
  hasMinima: true,
  packing: 'nibbles',
  open(bytes, at, block) {
    openScales(bytes, at, block)
    for (let index = 0; index < 128; index++) {
      const pair = bytes.getUint8(at + 16 + index)
      const first = (index >> 5) * 64 + (index & 31)
      block.quants[first] = pair & 15
      block.quants[first + 32] = pair >> 4
    }
  },
}

/** As Q4_K, with 32 bytes of fifth bits before the nibbles: bit j of byte i is that of weight i + 32 j. */
export const q5_K: BlockFormat = {
  blockSize: 256,
  bytesPerBlock: 176,
  runLength: 32,
  hasMinima: true,
  packing: 'bytes',
  open(bytes, at, block) {
    openScales(bytes, at, block)
    for (let index = 0; index < 128; index++) {
      const pair = bytes.getUint8(at + 48 + index)
      const fifths = bytes.getUint8(at + 16 + (index & 31)) >> (2 * (index >> 5))
      const first = (index >> 5) * 64 + (index & 31)
      block.quants[first] = (pair & 15) | ((fifths & 1) << 4)
      block.quants[first + 32] = (pair >> 4) | ((fifths & 2) << 3)
    }
  },
}

/**
 * Bytes 0 to 3 hold the scales of runs 0 to 3, bytes 4 to 7 their minima, six bits each; bytes 8 to 11 the low four
 * bits of the other scales and minima, whose high two bits are at the top of bytes 0 to 7.
 */
function openScales(bytes: DataView, at: number, block: OpenBlock): void {
  block.unit = halfToFloat[bytes.getUint16(at, true)] ?? 0
  block.minUnit = halfToFloat[bytes.getUint16(at + 2, true)] ?? 0
  for (let run = 0; run < 4; run++) {
    const scale = bytes.getUint8(at + 4 + run)
    const minimum = bytes.getUint8(at + 8 + run)
    const pair = bytes.getUint8(at + 12 + run)
    block.factors[run] = scale & 63
    block.minFactors[run] = minimum & 63
    block.factors[run + 4] = (pair & 15) | ((scale >> 6) << 4)
    block.minFactors[run + 4] = (pair >> 4) | ((minimum >> 6) << 4)
  }
}
