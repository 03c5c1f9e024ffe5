/** ggml's blocks as `BlockWeights`: without changing a weight where 32 of them share a scale, else rounded to 8 bits. */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { type BlockWeights, packedBlockSize } from './block-weights.ts'
import { type BlockFormat, dequantizeBlocks, openBlock } from './codecs/block-format.ts'
import { blockRange, quantizeBlocks, type RoundingError } from './quantize-blocks.ts'
import { blockFormats, type BlockFormatName } from './weight-formats.ts'

/** How many blocks `rows` of `columns` weights have. */
export function blocksOf(rows: number, columns: number): number {
  if (columns % packedBlockSize === 0) return (rows * columns) / packedBlockSize
  throw new Failure(
    'block-columns',
    sentence`Rows of ${columns} weights do not divide into blocks of ${packedBlockSize}.`,
  )
}

/** Bytes of a block's quants. */
export function blockBytes(bits: 4 | 8): number {
  return (packedBlockSize * bits) / 8
}

/** Memory for `rows · columns` packed weights. */
export function emptyBlocks(bits: 4 | 8, rows: number, columns: number, hasOffsets: boolean): BlockWeights {
  const blocks = blocksOf(rows, columns)
  return {
    bits,
    rows,
    columns,
    quants: new Uint8Array(blocks * blockBytes(bits)),
    scales: new Float32Array(blocks),
    offsets: hasOffsets ? new Float32Array(blocks) : null,
  }
}

/** What `packBlocks` makes of a format. */
export function packedAs(format: BlockFormatName): { readonly bits: 4 | 8; readonly hasOffsets: boolean } {
  const { packing, hasMinima } = blockFormats[format]
  return { bits: packing === 'nibbles' ? 4 : 8, hasOffsets: hasMinima }
}

/** Memory for the weights of a format as `packBlocks` writes them. */
export function emptyBlocksFor(format: BlockFormatName, rows: number, columns: number): BlockWeights {
  const { bits, hasOffsets } = packedAs(format)
  return emptyBlocks(bits, rows, columns, hasOffsets)
}

/**
 * Packs raw rows of a ggml format into `out` (from `emptyBlocksFor`).
 *
 * - `nibbles`: q as it is. (The offset is a minimum plus 8 scales, which float32 holds exactly unless their exponents
 *   are far apart: then it is rounded once.)
 * - `bytes`: q as it is, with room to spare.
 * - `folded`: two runs of 16 share a block, their factors multiplied into q, which then just fits into 8 bits.
 * - `rounded`: two runs share a block that can't hold both scales; the weights are quantised anew.
 *
 * Returns what rounding cost; null where no weight changed.
 *
 * @param bytes rows of ggml blocks, [rows, columns / block size, bytes of a block]
 */
export function packBlocks(
  format: BlockFormatName,
  bytes: Uint8Array,
  out: BlockWeights,
): RoundingError | null {
  const source: BlockFormat = blockFormats[format]
  if (source.packing === 'rounded') return packRounded(source, bytes, out)
  packExactly(source, bytes, out)
  return null
}

function packExactly(format: BlockFormat, bytes: Uint8Array, out: BlockWeights): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const block = openBlock()
  const { quants, factors, minFactors } = block
  const { scales, offsets } = out
  const parts = format.blockSize / packedBlockSize
  const folded = format.packing === 'folded'
  for (let packed = 0, at = 0; packed < scales.length; at += format.bytesPerBlock) {
    format.open(view, at, block)
    if (folded) fold(quants, factors, format)
    for (let part = 0; part < parts; part++, packed++) {
      // Folded: turned, as -32 · -4 = 128 doesn't fit into a signed byte, and -128 does.
      const scale = folded ? -block.unit : block.unit * (factors[part] ?? 0)
      scales[packed] = scale
      // Quants of formats with minima count from 0; in nibbles they are shifted by 8 to be stored.
      const shift = out.bits === 4 && offsets ? 0 : 2 ** (out.bits - 1)
      if (offsets)
        offsets[packed] = (out.bits === 4 ? 8 * scale : 0) - block.minUnit * (minFactors[part] ?? 0)
      store(quants, part * packedBlockSize, shift, out, packed)
    }
  }
}

function fold(quants: Int16Array, factors: Int16Array, { blockSize, runLength }: BlockFormat): void {
  for (let index = 0; index < blockSize; index++)
    quants[index] = -(quants[index] ?? 0) * (factors[Math.floor(index / runLength)] ?? 0)
}

/** 32 quants from place `start` on as block `packed`. */
function store(quants: Int16Array, start: number, shift: number, out: BlockWeights, packed: number): void {
  if (out.bits === 8) {
    for (let index = 0; index < 32; index++)
      out.quants[packed * 32 + index] = (quants[start + index] ?? 0) + shift
  } else {
    for (let index = 0; index < 16; index++) {
      const [even, odd] = [quants[start + 2 * index] ?? 0, quants[start + 2 * index + 1] ?? 0]
      out.quants[packed * 16 + index] = (even + shift) | ((odd + shift) << 4)
    }
  }
}

/** A piece at a time: its float32 weights take more memory than either form. */
function packRounded(format: BlockFormat, bytes: Uint8Array, out: BlockWeights): RoundingError {
  const sums = { error: 0, weights: 0 }
  const { blockSize, bytesPerBlock } = format
  const piece = new Float32Array(64 * blockSize)
  const blocks = (out.scales.length * packedBlockSize) / blockSize
  for (let block = 0; block < blocks; block += 64) {
    const count = Math.min(64, blocks - block)
    const weights = piece.subarray(0, count * blockSize)
    dequantizeBlocks(format, bytes.subarray(block * bytesPerBlock), weights)
    const first = (block * blockSize) / packedBlockSize
    const end = first + weights.length / packedBlockSize
    const { error, weights: squares } = quantizeBlocks(weights, blockRange(out, first, end))
    sums.error += error
    sums.weights += squares
  }
  return sums
}
