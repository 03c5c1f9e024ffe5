/** ggml's 3-bit super-block: 16 runs of 16 weights, a signed 6-bit scale each. */
import type { BlockFormat } from './block-format.ts'
import { halfToFloat } from './half.ts'

/**
 * A block: 32 bytes of third bits (bit j of byte i is that of weight i + 32 j), 64 bytes of low bits as in Q2_K,
 * 12 bytes of scales, half d; w = d * (scale - 32) * (q - 4).
 */
export const q3_K: BlockFormat = {
  blockSize: 256,
  bytesPerBlock: 110,
  runLength: 16,
  hasMinima: false,
  packing: 'folded',
  open(bytes, at, block) {
    block.unit = halfToFloat[bytes.getUint16(at + 108, true)] ?? 0
    for (let run = 0; run < 16; run++) {
      // Low four bits: bytes 0 to 7, low nibbles first; high two: four runs a byte in bytes 8 to 11.
      const low = (bytes.getUint8(at + 96 + (run & 7)) >> (run < 8 ? 0 : 4)) & 15
      const high = (bytes.getUint8(at + 104 + (run & 3)) >> (2 * (run >> 2))) & 3
      block.factors[run] = (low | (high << 4)) - 32
    }
    for (let index = 0; index < 64; index++) {
      const four = bytes.getUint8(at + 32 + index)
      const thirds = bytes.getUint8(at + (index & 31)) >> (4 * (index >> 5))
      const first = (index >> 5) * 128 + (index & 31)
      for (let part = 0; part < 4; part++)
        block.quants[first + 32 * part] = (((four >> (2 * part)) & 3) | (((thirds >> part) & 1) << 2)) - 4
    }
  },
}
