/** What codecs do, whoever wrote them, and whether two of them do the same. */
import type { BlockWeights } from '../core/checkpoint/block-weights.ts'
import { emptyBlocks, emptyBlocksFor } from '../core/checkpoint/pack-blocks.ts'
import { weightEncoders, type WrittenFormat } from '../core/checkpoint/encode-weights.ts'
import type { PackedBlocks, RoundingError } from '../core/checkpoint/quantize-blocks.ts'
import {
  blockFormats,
  type BlockFormatName,
  type WeightFormat,
  weightFormats,
} from '../core/checkpoint/weight-formats.ts'

/** Every function writes into `out`, which must not share memory with an input. */
export interface WeightDecoders {
  /** As `unpackBlocks` of core/checkpoint/block-weights.ts. */
  unpackBlocks(
    quants: Uint8Array,
    scales: Float32Array,
    offsets: Float32Array | null,
    bits: 4 | 8,
    out: Float32Array,
  ): void
  /** As `dequantize` of a `WeightCodec`: `out.length` weights (whole blocks) from the start of `bytes`. */
  dequantize(format: WeightFormat, bytes: Uint8Array, out: Float32Array): void
  /** As `packBlocks` of core/checkpoint/pack-blocks.ts. */
  packBlocks(format: BlockFormatName, bytes: Uint8Array, out: BlockWeights): RoundingError | null
  /** As `quantizeBlocks` of core/checkpoint/quantize-blocks.ts. */
  quantizeBlocks(weights: Float32Array, out: PackedBlocks): RoundingError
  /** As `weightEncoders` of core/checkpoint/encode-weights.ts. */
  encode(format: WrittenFormat, weights: Float32Array, out: Uint8Array): void
}

const blocks = 64

/**
 * Decodes a pattern that holds every byte with both and names the first layout on which they disagree;
 * null where they agree bit for bit (of NaNs: where both are one).
 */
export function findDifference(decoders: WeightDecoders, reference: WeightDecoders): string | null {
  const scales = Float32Array.from({ length: blocks }, (_, block) => (block - 20.3) / 777)
  const offsets = scales.map((scale) => 3 * scale + 0.01)
  for (const bits of [4, 8] as const) {
    for (const offset of [null, offsets]) {
      const quants = pattern(blocks * 4 * bits)
      const decode = (each: WeightDecoders): Float32Array =>
        filled(blocks * 32, (out) => each.unpackBlocks(quants, scales, offset, bits, out))
      if (!isSame(decode(decoders), decode(reference))) return `${bits}-bit blocks`
    }
  }
  for (const format of Object.keys(weightFormats) as WeightFormat[]) {
    const { blockSize, bytesPerBlock } = weightFormats[format]
    const count = blocks * Math.max(blockSize, 32)
    const bytes = pattern((count / blockSize) * bytesPerBlock)
    const decode = (each: WeightDecoders): Float32Array =>
      filled(count, (out) => each.dequantize(format, bytes, out))
    if (!isSame(decode(decoders), decode(reference))) return `${format} weights`
  }
  for (const format of Object.keys(blockFormats) as BlockFormatName[]) {
    const bytes = finitePattern(format)
    const pack = (each: WeightDecoders): BlockWeights => {
      const out = emptyBlocksFor(format, 1, blocks * 256)
      each.packBlocks(format, bytes, out)
      return out
    }
    if (!isSameBlocks(pack(decoders), pack(reference))) return `${format} blocks`
  }
  const weights = Float32Array.from(pattern(blocks * 32), (byte, index) => (byte - 120) / (index + 1))
  for (const bits of [4, 8] as const) {
    for (const hasOffsets of [true, false]) {
      const quantize = (each: WeightDecoders): BlockWeights => {
        const out = emptyBlocks(bits, 1, weights.length, hasOffsets)
        each.quantizeBlocks(weights, out)
        return out
      }
      if (!isSameBlocks(quantize(decoders), quantize(reference))) return `weights quantised to ${bits} bits`
    }
  }
  for (const format of Object.keys(weightEncoders) as WrittenFormat[]) {
    const { blockSize, bytesPerBlock } = weightFormats[format]
    const encode = (each: WeightDecoders): Uint8Array => {
      const out = new Uint8Array((weights.length / blockSize) * bytesPerBlock).fill(77)
      each.encode(format, weights, out)
      return out
    }
    if (!isSame(encode(decoders), encode(reference))) return `weights written as ${format}`
  }
  return null
}

function isSameBlocks(actual: BlockWeights, expected: BlockWeights): boolean {
  return (
    isSame(actual.quants, expected.quants) &&
    isSame(actual.scales, expected.scales) &&
    isSame(actual.offsets ?? [], expected.offsets ?? [])
  )
}

/** Every byte in changing company: the low digits repeat after 256, the neighbours later. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index * 73 + (index >> 8) * 29)
}

/** `blocks` times 256 weights without infinities, which can't be rounded to anything. */
function finitePattern(format: BlockFormatName): Uint8Array {
  const { blockSize, bytesPerBlock } = blockFormats[format]
  const bytes = pattern(((blocks * 256) / blockSize) * bytesPerBlock)
  // Wherever a half may lie, its exponent's top bits are never all set.
  return bytes.map((byte) => byte & 0xbf)
}

/** Memory that holds something, so that a weight left out shows. */
function filled(count: number, write: (out: Float32Array) => void): Float32Array {
  const out = new Float32Array(count).fill(0.123)
  write(out)
  return out
}

function isSame(actual: ArrayLike<number>, expected: ArrayLike<number>): boolean {
  return Array.from(actual).every((weight, index) => Object.is(weight, expected[index]))
}
