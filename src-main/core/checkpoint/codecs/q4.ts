/**
 * ggml's 4-bit formats of 32 weights: byte i of a block holds weight i in its low and weight i + 16 in its high
 * nibble. Every product of a half and a nibble is exact in float64 and so is the sum, so that storing it is the
 * one rounding and the values are bit-equal to ggml's. Source: ggml-quants.c (`dequantize_row_q4_0`, `_q4_1`).
 */
import { halfToFloat } from './half.ts'

/** A block: half d, 16 bytes of nibbles q; w = d * (q - 8). */
export function dequantizeQ4_0(bytes: Uint8Array, out: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0, weight = 0; weight < out.length; at += 18, weight += 32) {
    const d = halfToFloat[view.getUint16(at, true)] ?? 0
    for (let index = 0; index < 16; index++) {
      const pair = view.getUint8(at + 2 + index)
      out[weight + index] = d * ((pair & 15) - 8)
      out[weight + index + 16] = d * ((pair >> 4) - 8)
    }
  }
}

/** A block: half d, half m, 16 bytes of nibbles q; w = d * q + m. */
export function dequantizeQ4_1(bytes: Uint8Array, out: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0, weight = 0; weight < out.length; at += 20, weight += 32) {
    const d = halfToFloat[view.getUint16(at, true)] ?? 0
    const m = halfToFloat[view.getUint16(at + 2, true)] ?? 0
    for (let index = 0; index < 16; index++) {
      const pair = view.getUint8(at + 4 + index)
      out[weight + index] = d * (pair & 15) + m
      out[weight + index + 16] = d * (pair >> 4) + m
    }
  }
}
