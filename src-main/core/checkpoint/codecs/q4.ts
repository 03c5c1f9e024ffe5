/**
 * ggml's 4-bit formats of 32 weights: byte i of a block holds weight i in its low and weight i + 16 in its high nibble.
 */
import type { BlockFormat } from './block-format.ts'
import { halfToFloat } from './half.ts'

/** A block: half d, 16 bytes of nibbles q; w = d * (q - 8). */
export const q4_0: BlockFormat = {
  blockSize: 32,
  bytesPerBlock: 18,
  runLength: 32,
  hasMinima: false,
  packing: 'nibbles',
  open(bytes, at, block) {
    block.unit = halfToFloat[bytes.getUint16(at, true)] ?? 0
    for (let index = 0; index < 16; index++) {
      const pair = bytes.getUint8(at + 2 + index)
      block.quants[index] = (pair & 15) - 8
      block.quants[index + 16] = (pair >> 4) - 8
    }
  },
}

/** A block: half d, half m, 16 bytes of nibbles q; w = d * q + m. */
export const q4_1: BlockFormat = {
  blockSize: 32,
  bytesPerBlock: 20,
  runLength: 32,
  hasMinima: true,
  packing: 'nibbles',
  open(bytes, at, block) {
    block.unit = halfToFloat[bytes.getUint16(at, true)] ?? 0
    block.minUnit = -(halfToFloat[bytes.getUint16(at + 2, true)] ?? 0)
    for (let index = 0; index < 16; index++) {
      const pair = bytes.getUint8(at + 4 + index)
      block.quants[index] = pair & 15
      block.quants[index + 16] = pair >> 4
    }
  },
}
