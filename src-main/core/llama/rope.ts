import type { Feeds, Tensor } from '../graph/runtime.ts'
import type { AttentionKind, RotarySettings } from './attention-kinds.ts'
import type { RopeScaling } from './config.ts'

/** Cosines and sines of rotary positions, one row a token: `[N, D/2]` each. */
export interface RotaryTables {
  readonly cos: Float32Array
  readonly sin: Float32Array
}

/**
 * The inverse frequencies `[D/2]`, rounded to float32 as PyTorch holds them.
 * Scalings as in transformers' `modeling_rope_utils`: linear (positions divided), llama3 and yarn (only low
 * frequencies), longrope (each frequency by a number of its own).
 */
export function inverseFrequencies(config: RotarySettings): Float32Array {
  const scaling = config.ropeScaling
  return Float32Array.from({ length: config.headDim / 2 }, (_, index) => {
    const frequency = Math.fround(1 / Math.fround(config.ropeTheta ** ((2 * index) / config.headDim)))
    switch (scaling.type) {
      case 'none':
        return frequency
      case 'linear':
        return frequency / scaling.factor
      case 'llama3': {
        const wavelength = (2 * Math.PI) / frequency
        const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = scaling
        if (wavelength > originalContextLength / lowFrequencyFactor) return frequency / factor
        if (wavelength < originalContextLength / highFrequencyFactor) return frequency
        const smooth =
          (originalContextLength / wavelength - lowFrequencyFactor) /
          (highFrequencyFactor - lowFrequencyFactor)
        return ((1 - smooth) * frequency) / factor + smooth * frequency
      }
      case 'yarn': {
        const [low, high] = yarnBorders(config, scaling)
        const divided = Math.min(1, Math.max(0, (index - low) / (high - low)))
        return (frequency / scaling.factor) * divided + frequency * (1 - divided)
      }
      case 'divisors':
        return frequency / (scaling.divisors[index] ?? 1)
    }
  })
}

/** Frequencies up to the first place are kept, from the second on divided. Source: Peng et al. 2023, "YaRN". */
function yarnBorders(
  { headDim, ropeTheta }: RotarySettings,
  { originalContextLength, betaFast, betaSlow, truncate }: Extract<RopeScaling, { type: 'yarn' }>,
): readonly [low: number, high: number] {
  const place = (turns: number): number =>
    (headDim * Math.log(originalContextLength / (turns * 2 * Math.PI))) / (2 * Math.log(ropeTheta))
  const [low, high] = [place(betaFast), place(betaSlow)]
  const from = Math.max(truncate ? Math.floor(low) : low, 0)
  const to = Math.min(truncate ? Math.ceil(high) : high, headDim - 1)
  return [from, from === to ? to + 0.001 : to]
}

/** What the tables are multiplied by. */
export function rotaryScale({ ropeScaling }: RotarySettings): number {
  return 'attentionFactor' in ropeScaling ? ropeScaling.attentionFactor : 1
}

/** Tables that rotate nothing, for `length` tokens. */
export function unrotatedTables(headDim: number, length: number): RotaryTables {
  const size = (length * headDim) / 2
  return { cos: new Float32Array(size).fill(1), sin: new Float32Array(size) }
}

/** The tables for the given positions, with `inverseFrequencies` and `rotaryScale` of the model. */
export function rotaryTables(
  frequencies: Float32Array,
  positions: ArrayLike<number>,
  scale = 1,
): RotaryTables {
  const half = frequencies.length
  const cos = new Float32Array(positions.length * half)
  const sin = new Float32Array(positions.length * half)
  for (let n = 0; n < positions.length; n++) {
    const position = positions[n] ?? 0
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * (frequencies[i] ?? 0))
      cos[n * half + i] = Math.cos(angle) * scale
      sin[n * half + i] = Math.sin(angle) * scale
    }
  }
  return { cos, sin }
}

/** Makes the inputs `cos` and `sin` `[N, D/2]` of each kind of layer for tokens at the given positions. */
export function rotaryFeeds(kinds: readonly AttentionKind[]): (positions: ArrayLike<number>) => Feeds {
  const tables = kinds.map(({ suffix, rotary }) => ({
    suffix,
    half: rotary.headDim / 2,
    frequencies: inverseFrequencies(rotary),
    scale: rotaryScale(rotary),
  }))
  return (positions) => {
    const feeds: Record<string, Tensor> = {}
    for (const { suffix, half, frequencies, scale } of tables) {
      const { cos, sin } = rotaryTables(frequencies, positions, scale)
      const shape = [positions.length, half]
      feeds[`cos${suffix}`] = { data: cos, shape }
      feeds[`sin${suffix}`] = { data: sin, shape }
    }
    return feeds
  }
}
