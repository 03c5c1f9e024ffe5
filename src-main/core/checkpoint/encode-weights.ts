/**
 * Float weights in the formats in which models are written, bit-equal to ggml. Source: ggml-quants.c
 * (`quantize_row_*_ref`), whose steps are in float32.
 */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'

export type WrittenFormat = 'F32' | 'F16' | 'BF16' | 'Q8_0' | 'Q4_1' | 'Q4_0'

/** Writes weights (whole blocks) into `out`, which is as long as they are in the format. */
export type WeightEncoder = (weights: Float32Array, out: Uint8Array) => void

export const weightEncoders: Readonly<Record<WrittenFormat, WeightEncoder>> = {
  F32: (weights, out) => out.set(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)),
  F16: encodeF16,
  BF16: encodeBF16,
  Q8_0: encodeQ8_0,
  Q4_1: encodeQ4_1,
  Q4_0: encodeQ4_0,
}

const { fround } = Math
const blockSize = 32

/** @throws Failure `weights-too-large` for finite weights that half precision has not */
function encodeF16(weights: Float32Array, out: Uint8Array): void {
  const halves = new Float16Array(weights)
  out.set(new Uint8Array(halves.buffer))
  const index = halves.findIndex((half, at) => !Number.isFinite(half) && Number.isFinite(weights[at]))
  if (index === -1) return
  throw new Failure(
    'weights-too-large',
    sentence`A weight is ${weights[index] ?? 0}, which half precision (F16) can't hold. Export the model in another format.`,
  )
}

/** The upper half, to nearest, ties to even. */
function encodeBF16(weights: Float32Array, out: Uint8Array): void {
  const bits = new Uint32Array(weights.buffer, weights.byteOffset, weights.length)
  const view = viewOf(out)
  for (let index = 0; index < bits.length; index++) {
    const word = bits[index] ?? 0
    view.setUint16(2 * index, (word + (0x7fff + ((word >>> 16) & 1))) >>> 16, true)
  }
}

/** A block: half d, 32 signed bytes q; w = d * q. */
function encodeQ8_0(weights: Float32Array, out: Uint8Array): void {
  const view = viewOf(out)
  for (let start = 0, at = 0; start < weights.length; start += blockSize, at += 34) {
    let largest = 0
    for (let index = 0; index < blockSize; index++)
      largest = Math.max(largest, Math.abs(weights[start + index] ?? 0))
    const d = fround(largest / 127)
    const inverse = d === 0 ? 0 : fround(1 / d)
    view.setFloat16(at, d, true)
    for (let index = 0; index < blockSize; index++) {
      const scaled = fround((weights[start + index] ?? 0) * inverse)
      // C's roundf: halves go away from 0.
      view.setInt8(at + 2 + index, Math.sign(scaled) * Math.floor(Math.abs(scaled) + 0.5))
    }
  }
}

/** A block: half d, 16 bytes of nibbles q; w = d * (q - 8): the weight furthest from 0 takes q = 0. */
function encodeQ4_0(weights: Float32Array, out: Uint8Array): void {
  const view = viewOf(out)
  for (let start = 0, at = 0; start < weights.length; start += blockSize, at += 18) {
    let furthest = 0
    for (let index = 0; index < blockSize; index++) {
      const weight = weights[start + index] ?? 0
      if (Math.abs(weight) > Math.abs(furthest)) furthest = weight
    }
    const d = fround(furthest / -8)
    const inverse = d === 0 ? 0 : fround(1 / d)
    view.setFloat16(at, d, true)
    storeNibbles(out, at + 2, (index) => fround(fround((weights[start + index] ?? 0) * inverse) + 8.5))
  }
}

/** A block: half d, half m, 16 bytes of nibbles q; w = d * q + m. */
function encodeQ4_1(weights: Float32Array, out: Uint8Array): void {
  const view = viewOf(out)
  for (let start = 0, at = 0; start < weights.length; start += blockSize, at += 20) {
    let [least, greatest] = [Infinity, -Infinity]
    for (let index = 0; index < blockSize; index++) {
      const weight = weights[start + index] ?? 0
      if (weight < least) least = weight
      if (weight > greatest) greatest = weight
    }
    const d = fround(fround(greatest - least) / 15)
    const inverse = d === 0 ? 0 : fround(1 / d)
    view.setFloat16(at, d, true)
    view.setFloat16(at + 2, least, true)
    storeNibbles(out, at + 4, (index) =>
      fround(fround(fround((weights[start + index] ?? 0) - least) * inverse) + 0.5),
    )
  }
}

/** Byte i holds weight i in its low and weight i + 16 in its high nibble; what comes is cut to a whole number. */
function storeNibbles(out: Uint8Array, at: number, scaled: (index: number) => number): void {
  const nibble = (index: number): number => Math.max(0, Math.min(15, Math.trunc(scaled(index))))
  for (let index = 0; index < 16; index++) out[at + index] = nibble(index) | (nibble(index + 16) << 4)
}

function viewOf(out: Uint8Array): DataView {
  return new DataView(out.buffer, out.byteOffset, out.byteLength)
}
