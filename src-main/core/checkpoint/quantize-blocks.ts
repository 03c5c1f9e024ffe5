/** Float weights to packed blocks of 32, rounded. */

/** What quantising writes: shapes as in `BlockWeights`. */
export interface PackedBlocks {
  readonly bits: 4 | 8
  readonly quants: Uint8Array
  readonly scales: Float32Array
  readonly offsets: Float32Array | null
}

/** The blocks from `first` up to `end`, as views. */
export function blockRange(blocks: PackedBlocks, first: number, end: number): PackedBlocks {
  const { bits, quants, scales, offsets } = blocks
  return {
    bits,
    quants: quants.subarray(first * 4 * bits, end * 4 * bits),
    scales: scales.subarray(first, end),
    offsets: offsets?.subarray(first, end) ?? null,
  }
}

/** What rounding cost, as sums of squares over the weights: `sqrt(error / weights)` is the relative error. */
export interface RoundingError {
  readonly error: number
  readonly weights: number
}

/**
 * Quantises blocks of 32 to `w ≈ scale · (q − 2^(bits−1)) + offset`.
 *
 * Without offsets the weight furthest from 0 takes the outermost q on its side, as in ggml's Q8_0; with offsets the
 * least weight takes q = 0 and the greatest the highest. All steps are in float64 and ties go up, in every implementation.
 */
export function quantizeBlocks(weights: Float32Array, out: PackedBlocks): RoundingError {
  const sums = { error: 0, weights: 0 }
  const { bits, quants, scales, offsets } = out
  const center = 2 ** (bits - 1)
  const highest = 2 * center - 1
  for (let block = 0; block < scales.length; block++) {
    const start = block * 32
    let [least, greatest] = [weights[start] ?? 0, weights[start] ?? 0]
    for (let index = start + 1; index < start + 32; index++) {
      const weight = weights[index] ?? 0
      if (weight < least) least = weight
      if (weight > greatest) greatest = weight
    }
    const scale = offsets
      ? Math.fround((greatest - least) / highest)
      : Math.fround((-least > greatest ? -least : greatest) / (center - 1))
    // The offset belongs to q = center; the scale as stored, not as computed, decides.
    const offset = offsets ? Math.fround(least + center * scale) : 0
    const inverse = scale === 0 ? 0 : 1 / scale
    scales[block] = scale
    if (offsets) offsets[block] = offset
    const quantOf = (index: number): number => {
      const weight = weights[start + index] ?? 0
      const nearest = Math.floor((weight - offset) * inverse + center + 0.5)
      const q = nearest < 0 ? 0 : nearest > highest ? highest : nearest
      sums.error += (scale * (q - center) + offset - weight) ** 2
      sums.weights += weight ** 2
      return q
    }
    if (bits === 8) for (let index = 0; index < 32; index++) quants[start + index] = quantOf(index)
    else
      for (let index = 0; index < 16; index++)
        quants[block * 16 + index] = quantOf(2 * index) | (quantOf(2 * index + 1) << 4)
  }
  return sums
}
