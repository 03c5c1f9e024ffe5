/** How a GGUF file scales its rotary frequencies. Source: llama.cpp `llama-model.cpp`, `convert_hf_to_gguf.py`. */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { GgufFile } from '../checkpoint/gguf.ts'
import { dequantize, weightFormatOf } from '../checkpoint/weight-formats.ts'
import type { LlamaConfig, RopeScaling } from './config.ts'
import { integer, real } from './gguf-entries.ts'
import { longRope, type ServedRope } from './long-rope.ts'
import { inverseFrequencies } from './rope.ts'

/** What each frequency is divided by: always, in a context no longer than the model was trained on, in a longer one. */
export const ropeFactorTensors = {
  always: 'rope_freqs.weight',
  short: 'rope_factors_short.weight',
  long: 'rope_factors_long.weight',
} as const

export function isRopeFactors(tensorName: string): boolean {
  return Object.values(ropeFactorTensors).some((name) => name === tensorName)
}

/** Fails with `model-rope` for a scaling Veranda doesn't know, with `model-metadata` where an entry makes no sense. */
export function ropeFromGguf(
  file: GgufFile,
  entry: (key: string) => string,
  { headDim, ropeTheta }: Pick<LlamaConfig, 'headDim' | 'ropeTheta'>,
): ServedRope {
  const contextLength = integer(file, entry('context_length'))
  const attentionFactor = real(file, entry('rope.scaling.attn_factor'), 1)
  const divisorsIn = (name: string): readonly number[] | null => divisorsOf(file, name, headDim / 2)
  const always = divisorsIn(ropeFactorTensors.always)
  if (always !== null) {
    const scaling = { type: 'divisors' as const, divisors: always, attentionFactor }
    return { contextLength, ropeScaling: asLlama3(scaling, headDim, ropeTheta) ?? scaling }
  }
  const short = divisorsIn(ropeFactorTensors.short)
  const long = divisorsIn(ropeFactorTensors.long)
  if (short !== null) {
    const original = integer(file, entry('rope.scaling.original_context_length'), contextLength)
    return longRope({ short, long: long ?? short, original, contextLength, attentionFactor })
  }
  return { contextLength, ropeScaling: scalingOfEntries(file, entry, contextLength) }
}

function scalingOfEntries(
  file: GgufFile,
  entry: (key: string) => string,
  contextLength: number,
): RopeScaling {
  const type = file.metadata.get(entry('rope.scaling.type')) ?? 'none'
  if (type === 'none') return { type }
  if (type === 'linear') return { type, factor: real(file, entry('rope.scaling.factor')) }
  if (type === 'yarn') {
    const factor = real(file, entry('rope.scaling.factor'))
    return {
      type,
      factor,
      originalContextLength: integer(file, entry('rope.scaling.original_context_length'), contextLength),
      betaFast: real(file, entry('rope.scaling.yarn_beta_fast'), 32),
      betaSlow: real(file, entry('rope.scaling.yarn_beta_slow'), 1),
      attentionFactor:
        real(file, entry('rope.scaling.attn_factor'), 1) * (0.1 * Math.log(Math.max(factor, 1)) + 1),
      truncate: true,
    }
  }
  throw new Failure(
    'model-rope',
    sentence`This model stretches its context with the rotary scaling ${String(type)}, which Veranda cannot compute. Pick another model.`,
  )
}

function divisorsOf({ tensors }: GgufFile, name: string, count: number): readonly number[] | null {
  const tensor = tensors.get(name)
  if (tensor === undefined) return null
  const [length] = tensor.shape
  const divisors =
    length === count ? [...dequantize(weightFormatOf(tensor.type.name, name), tensor.read(), count)] : []
  if (divisors.length === count && divisors.every((divisor) => divisor > 0 && Number.isFinite(divisor)))
    return divisors
  throw new Failure(
    'model-metadata',
    sentence`The tensor ${name} does not have ${count} positive values. Pick another file of this model.`,
  )
}

/**
 * Llama 3.1 and later: GGUF stores the divisors, not the settings they came from. All published models share three
 * of the four settings, and the fourth is the largest divisor; null where these don't give the stored values.
 */
function asLlama3(
  scaling: Extract<RopeScaling, { type: 'divisors' }>,
  headDim: number,
  ropeTheta: number,
): RopeScaling | null {
  const llama3: RopeScaling = {
    type: 'llama3',
    factor: Math.max(...scaling.divisors),
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalContextLength: 8192,
  }
  const stored = inverseFrequencies({ headDim, ropeTheta, ropeScaling: scaling })
  const computed = inverseFrequencies({ headDim, ropeTheta, ropeScaling: llama3 })
  const isSame = stored.every((frequency, index) => Math.abs((computed[index] ?? 0) / frequency - 1) < 1e-5)
  return isSame && scaling.attentionFactor === 1 ? llama3 : null
}
