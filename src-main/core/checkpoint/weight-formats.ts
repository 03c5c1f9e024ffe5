/** The formats Veranda can decode weights from: one row a format, one file under `codecs/` a family. */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { type BlockFormat, dequantizeBlocks } from './codecs/block-format.ts'
import { dequantizeBF16, dequantizeF16, dequantizeF32 } from './codecs/float.ts'
import { q2_K } from './codecs/q2-k.ts'
import { q3_K } from './codecs/q3-k.ts'
import { q4_0, q4_1 } from './codecs/q4.ts'
import { q4_K, q5_K } from './codecs/q45-k.ts'
import { q5_0, q5_1 } from './codecs/q5.ts'
import { q6_K } from './codecs/q6-k.ts'
import { q8_0 } from './codecs/q8.ts'

export const blockFormats = {
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q2_K: q2_K,
  Q3_K: q3_K,
  Q4_K: q4_K,
  Q5_K: q5_K,
  Q6_K: q6_K,
} as const satisfies Readonly<Record<string, BlockFormat>>

export type BlockFormatName = keyof typeof blockFormats
export type FloatFormat = 'F32' | 'F16' | 'BF16'
export type WeightFormat = FloatFormat | BlockFormatName

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
  Q4_0: codecOf(q4_0),
  Q4_1: codecOf(q4_1),
  Q5_0: codecOf(q5_0),
  Q5_1: codecOf(q5_1),
  Q8_0: codecOf(q8_0),
  Q2_K: codecOf(q2_K),
  Q3_K: codecOf(q3_K),
  Q4_K: codecOf(q4_K),
  Q5_K: codecOf(q5_K),
  Q6_K: codecOf(q6_K),
}

function codecOf(format: BlockFormat): WeightCodec {
  const { blockSize, bytesPerBlock } = format
  return { blockSize, bytesPerBlock, dequantize: (bytes, out) => dequantizeBlocks(format, bytes, out) }
}

export function isBlockFormat(format: WeightFormat): format is BlockFormatName {
  return Object.hasOwn(blockFormats, format)
}

/** `format` as a format Veranda can decode; fails with `weight-format` and the tensor's name for any other. */
export function weightFormatOf(format: string, tensorName: string): WeightFormat {
  if (isWeightFormat(format)) return format
  const known = Object.keys(weightFormats)
  throw new Failure(
    'weight-format',
    sentence`Tensor ${tensorName} is stored as ${format}, which Veranda cannot read yet. Pick a file of this model with ${known} weights.`,
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
