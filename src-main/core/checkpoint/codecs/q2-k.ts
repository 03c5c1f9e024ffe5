/** ggml's 2-bit super-block: 16 runs of 16 weights, a 4-bit scale and a 4-bit minimum each. */
import type { BlockFormat } from './block-format.ts'
import { halfToFloat } from './half.ts'

/**
 * A block: 16 bytes with a run's scale low and minimum high, 64 bytes of quants, half d, half dmin;
 * w = d * scale * q - dmin * minimum. Byte i of each half of the quants holds the weights i, i + 32, i + 64, i + 96.
 */
export const q2_K: BlockFormat = {
  blockSize: 256,
  bytesPerBlock: 84,
  runLength: 16,
  hasMinima: true,
  packing: 'rounded',
  open(bytes, at, block) {
    block.unit = halfToFloat[bytes.getUint16(at + 80, true)] ?? 0
    block.minUnit = halfToFloat[bytes.getUint16(at + 82, true)] ?? 0
    for (let run = 0; run < 16; run++) {
      const pair = bytes.getUint8(at + run)
      block.factors[run] = pair & 15
      block.minFactors[run] = pair >> 4
    }
    for (let index = 0; index < 64; index++) {
      const four = bytes.getUint8(at + 16 + index)
      const first = (index >> 5) * 128 + (index & 31)
      for (let part = 0; part < 4; part++) block.quants[first + 32 * part] = (four >> (2 * part)) & 3
    }
  },
}
