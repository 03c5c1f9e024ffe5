import type { LlamaConfig } from './config.ts'

/** Cosines and sines of rotary positions, one row a token: `[N, D/2]` each. */
export interface RotaryTables {
  readonly cos: Float32Array
  readonly sin: Float32Array
}

/**
 * The inverse frequencies `[D/2]`, rounded to float32 as PyTorch holds them.
 * Scalings as in transformers' `modeling_rope_utils`: linear (positions divided) and llama3 (only low frequencies).
 */
export function inverseFrequencies(config: LlamaConfig): Float32Array {
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
    }
  })
}

/** The tables for the given positions, with `inverseFrequencies` of the model. */
export function rotaryTables(frequencies: Float32Array, positions: ArrayLike<number>): RotaryTables {
  const half = frequencies.length
  const cos = new Float32Array(positions.length * half)
  const sin = new Float32Array(positions.length * half)
  for (let n = 0; n < positions.length; n++) {
    const position = positions[n] ?? 0
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * (frequencies[i] ?? 0))
      cos[n * half + i] = Math.cos(angle)
      sin[n * half + i] = Math.sin(angle)
    }
  }
  return { cos, sin }
}
