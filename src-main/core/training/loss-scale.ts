/** The size that the largest number of a gradient is brought to, at first; 16 bits end at 65,504. */
const firstSize = 16
/** How much smaller it gets where something overflowed. */
const lowering = 64
/** Below this the smallest numbers of 16 bits are near: scaling no longer helps. */
const leastSize = 2 ** -14

/**
 * Loss scaling for passes in 16 bits: a gradient times a power of two goes backwards, and the vectors' gradients are
 * divided by it, in float32. The power is chosen by the size of each gradient, so that it needs no history but that of
 * overflows, and no step is lost to finding it.
 *
 * Source: Micikevicius et al., arXiv 1710.03740, section 3.2.
 */
export class LossScale {
  #size = firstSize

  /** A power of two. */
  factorFor(gradient: Float32Array): number {
    const largest = gradient.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
    if (largest === 0 || !Number.isFinite(largest)) return 1
    return 2 ** Math.round(Math.log2(this.#size / largest))
  }

  /** After an overflow: factors are smaller from now on; false where that would not help. */
  lower(): boolean {
    if (this.#size <= leastSize) return false
    this.#size /= lowering
    return true
  }
}
