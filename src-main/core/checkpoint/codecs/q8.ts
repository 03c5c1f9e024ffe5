/** ggml's 8-bit format of 32 weights. */
import type { BlockFormat } from './block-format.ts'
import { halfToFloat } from './half.ts'

/** A block: half d, 32 signed bytes q; w = d * q. */
export const q8_0: BlockFormat = {
  blockSize: 32,
  bytesPerBlock: 34,
  runLength: 32,
  hasMinima: false,
  packing: 'bytes',
  open(bytes, at, block) {
    block.unit = halfToFloat[bytes.getUint16(at, true)] ?? 0
    for (let index = 0; index < 32; index++) block.quants[index] = bytes.getInt8(at + 2 + index)
  },
}
