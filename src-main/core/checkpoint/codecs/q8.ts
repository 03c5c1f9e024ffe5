/** ggml's 8-bit format of 32 weights. Source: ggml-quants.c (`dequantize_row_q8_0`). */
import { halfToFloat } from './half.ts'

/** A block: half d, 32 signed bytes q; w = d * q. */
export function dequantizeQ8_0(bytes: Uint8Array, out: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0, weight = 0; weight < out.length; at += 34, weight += 32) {
    const d = halfToFloat[view.getUint16(at, true)] ?? 0
    for (let index = 0; index < 32; index++) out[weight + index] = d * view.getInt8(at + 2 + index)
  }
}
