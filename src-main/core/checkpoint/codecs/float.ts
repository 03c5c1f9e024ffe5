/** Plain floating-point weights: F32, F16 and BF16, little-endian. */
import { halfToFloat } from './half.ts'

/** `bytes`: 4 a weight, at any alignment. */
export function dequantizeF32(bytes: Uint8Array, out: Float32Array): void {
  new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes.subarray(0, out.byteLength))
}

/** `bytes`: 2 a weight. */
export function dequantizeF16(bytes: Uint8Array, out: Float32Array): void {
  const halves = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let index = 0; index < out.length; index++) {
    out[index] = halfToFloat[halves.getUint16(index * 2, true)] ?? 0
  }
}

/** `bytes`: 2 a weight, the upper half of its float32. */
export function dequantizeBF16(bytes: Uint8Array, out: Float32Array): void {
  const upper = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length)
  for (let index = 0; index < out.length; index++) bits[index] = upper.getUint16(index * 2, true) << 16
}
