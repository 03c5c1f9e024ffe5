/**
 * Random numbers as PyTorch's CPU generator draws them, so that what a seed makes there it makes here.
 *
 * `rand`, `uniform` and short `randn` give the same bits; `randn` of 16 values and more agrees to 2e-6,
 * because PyTorch uses approximate vector logarithms and cosines there.
 * Source: ATen `CPUGeneratorImpl` and the distributions of `DistributionTemplates`, measured.
 */
import { MersenneTwister } from './mersenne-twister.ts'

const FLOAT32_STEP = 2 ** -24
const FLOAT64_STEP = 2 ** -53
const TWO_PI = 2 * Math.PI

/** Tensors from this size on take their normal values in blocks of 16. */
const NORMAL_BLOCK = 16

export class TorchGenerator {
  readonly #twister: MersenneTwister
  /** The sine half of the last Box-Muller pair: the next single normal value. */
  #spareNormal: number | null = null

  /** @param seed an integer, as given to `torch.Generator().manual_seed`. */
  constructor(seed: number) {
    this.#twister = new MersenneTwister(seed)
  }

  /** A raw 32-bit word. */
  word(): number {
    return this.#twister.word()
  }

  /** A float32 value in [0, 1): one word. */
  float32(): number {
    return (this.#twister.word() & 0xffffff) * FLOAT32_STEP
  }

  /** A float64 value in [0, 1): two words, the high one first, of which the low 53 bits count. */
  float64(): number {
    const high = this.#twister.word() & 0x1fffff
    return (high * 2 ** 32 + this.#twister.word()) * FLOAT64_STEP
  }

  /** A standard normal value in float64, made in pairs (Box-Muller). */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal
      this.#spareNormal = null
      return spare
    }
    const angle = TWO_PI * this.float64()
    const radius = Math.sqrt(-2 * Math.log1p(-this.float64()))
    this.#spareNormal = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

/** `torch.rand(length)`: float32 values in [0, 1). */
export function rand(generator: TorchGenerator, length: number): Float32Array {
  return uniform(generator, length, 0, 1)
}

/** `torch.empty(length).uniform_(from, to)` in float32. */
export function uniform(generator: TorchGenerator, length: number, from: number, to: number): Float32Array {
  const values = new Float32Array(length)
  const start = Math.fround(from)
  const range = Math.fround(Math.fround(to) - start)
  // A fused multiply-add: product and sum are exact in double, storing the value rounds once.
  for (let i = 0; i < length; i++) values[i] = generator.float32() * range + start
  return values
}

/** `torch.randn(length)` in float32. */
export function randn(generator: TorchGenerator, length: number): Float32Array {
  const values = new Float32Array(length)
  if (length < NORMAL_BLOCK) {
    for (let i = 0; i < length; i++) values[i] = generator.normal()
    return values
  }
  for (let i = 0; i < length; i++) values[i] = generator.float32()
  for (let at = 0; at + NORMAL_BLOCK <= length; at += NORMAL_BLOCK) toNormal(values, at)
  if (length % NORMAL_BLOCK !== 0) {
    // PyTorch draws the last 16 values anew rather than leave a short block.
    const at = length - NORMAL_BLOCK
    for (let i = at; i < length; i++) values[i] = generator.float32()
    toNormal(values, at)
  }
  return values
}

/** Box-Muller in place over 16 uniform values: the first eight give the radius, the others the angle. */
function toNormal(values: Float32Array, at: number): void {
  const half = NORMAL_BLOCK / 2
  for (let i = at; i < at + half; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - (values[i] as number)))
    const angle = TWO_PI * (values[i + half] as number)
    values[i] = radius * Math.cos(angle)
    values[i + half] = radius * Math.sin(angle)
  }
}

/**
 * A new array with the items in random order: Fisher-Yates from the last place down, place `i` swapped with
 * place `floor(float64() * (i + 1))`, so two words a place. (Not `torch.randperm`.)
 */
export function shuffled<T>(generator: TorchGenerator, items: readonly T[]): T[] {
  const result = [...items]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(generator.float64() * (i + 1))
    const item = result[i] as T
    result[i] = result[j] as T
    result[j] = item
  }
  return result
}
