/**
 * ggml's 5-bit formats of 32 weights: the low four bits as in the 4-bit formats, the fifth bits of all weights in one
 * word, weight 0's lowest.
 */
import type { BlockFormat, OpenBlock } from './block-format.ts'
import { halfToFloat } from './half.ts'

/** A block: half d, word of fifth bits, 16 bytes of nibbles; w = d * (q - 16). */
export const q5_0: BlockFormat = {
  blockSize: 32,
  bytesPerBlock: 22,
  runLength: 32,
  hasMinima: false,
  packing: 'bytes',
  open(bytes, at, block) {
    block.unit = halfToFloat[bytes.getUint16(at, true)] ?? 0
    openFiveBits(bytes, at + 2, block, 16)
  },
}

/** A block: half d, half m, word of fifth bits, 16 bytes of nibbles; w = d * q + m. */
export const q5_1: BlockFormat = {
  blockSize: 32,
  bytesPerBlock: 24,
  runLength: 32,
  hasMinima: true,
  packing: 'bytes',
  open(bytes, at, block) {
    block.unit = halfToFloat[bytes.getUint16(at, true)] ?? 0
    block.minUnit = -(halfToFloat[bytes.getUint16(at + 2, true)] ?? 0)
    openFiveBits(bytes, at + 4, block, 0)
  },
}

function openFiveBits(bytes: DataView, at: number, block: OpenBlock, center: number): void {
  const fifths = bytes.getUint32(at, true)
  for (let index = 0; index < 16; index++) {
    const pair = bytes.getUint8(at + 4 + index)
    block.quants[index] = ((pair & 15) | (((fifths >>> index) & 1) << 4)) - center
    block.quants[index + 16] = ((pair >> 4) | (((fifths >>> (index + 16)) & 1) << 4)) - center
  }
}
