/** The formats Veranda can decode weights from: one row a format, one file under `codecs/` a family. */
import { Failure } from '../../contract/failure.ts'
import { dequantizeBF16, dequantizeF16, dequantizeF32 } from './codecs/float.ts'
import { dequantizeQ4_0, dequantizeQ4_1 } from './codecs/q4.ts'
import { dequantizeQ8_0 } from './codecs/q8.ts'

export type WeightFormat = 'F32' | 'F16' | 'BF16' | 'Q4_0' | 'Q4_1' | 'Q8_0'

export interface WeightCodec {
  /** Weights of a block; rows hold whole blocks. */
  readonly blockSize: number
  readonly bytesPerBlock: number
  /** Decodes `out.length` weights (whole blocks) from the start of `bytes`; bit-equal to ggml. */
  dequantize(bytes: Uint8Array, out: Float32Array): void
}

export const weightFormats: Readonly<Record<WeightFormat, WeightCodec>> = {
  F32: { blockSize: 1, bytesPerBlock: 4, dequantize: dequantizeF32 },
  F16: { blockSize: 1, bytesPerBlock: 2, dequantize: dequantizeF16 },
  BF16: { blockSize: 1, bytesPerBlock: 2, dequantize: dequantizeBF16 },
  Q4_0: { blockSize: 32, bytesPerBlock: 18, dequantize: dequantizeQ4_0 },
  Q4_1: { blockSize: 32, bytesPerBlock: 20, dequantize: dequantizeQ4_1 },
  Q8_0: { blockSize: 32, bytesPerBlock: 34, dequantize: dequantizeQ8_0 },
}

/** `format` as a format Veranda can decode; fails with `weight-format` and the tensor's name for any other. */
export function weightFormatOf(format: string, tensorName: string): WeightFormat {
  if (isWeightFormat(format)) return format
  const known = Object.keys(weightFormats).join(', ')
  throw new Failure(
    'weight-format',
    `Tensor ${tensorName} is stored as ${format}, which Veranda cannot read yet. Pick a file of this model with ${known} weights.`,
  )
}

/** Decodes `count` weights into new memory. */
export function dequantize(
  format: WeightFormat,
  bytes: Uint8Array,
  count: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count)
  weightFormats[format].dequantize(bytes, out)
  return out
}

function isWeightFormat(format: string): format is WeightFormat {
  return Object.hasOwn(weightFormats, format)
}
