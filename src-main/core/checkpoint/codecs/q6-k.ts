/** ggml's 6-bit super-block: 16 runs of 16 weights, a signed 8-bit scale each. */
import type { BlockFormat } from './block-format.ts'
import { halfToFloat } from './half.ts'

/**
 * A block: 128 bytes of low nibbles, 64 bytes of high bits, 16 scales, half d; w = d * scale * (q - 32). Of each half
 * of the block, nibble byte i holds the weights i (low) and i + 64 (high), the high bits of weight i + 32 j are the
 * j-th two of byte i.
 */
export const q6_K: BlockFormat = {
  blockSize: 256,
  bytesPerBlock: 210,
  runLength: 16,
  hasMinima: false,
  packing: 'rounded',
  open(bytes, at, block) {
    block.unit = halfToFloat[bytes.getUint16(at + 208, true)] ?? 0
    for (let run = 0; run < 16; run++) block.factors[run] = bytes.getInt8(at + 192 + run)
    for (let index = 0; index < 64; index++) {
      const half = index >> 5
      const column = index & 31
      const high = bytes.getUint8(at + 128 + index)
      const [near, far] = [
        bytes.getUint8(at + 64 * half + column),
        bytes.getUint8(at + 64 * half + column + 32),
      ]
      const first = 128 * half + column
      block.quants[first] = ((near & 15) | ((high & 3) << 4)) - 32
      block.quants[first + 32] = ((far & 15) | ((high & 12) << 2)) - 32
      block.quants[first + 64] = ((near >> 4) | (high & 48)) - 32
      block.quants[first + 96] = ((far >> 4) | ((high & 192) >> 2)) - 32
    }
  },
}
