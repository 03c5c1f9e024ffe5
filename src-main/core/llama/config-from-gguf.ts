/** The shape of a Llama-class model from the metadata of a GGUF file. Source: llama.cpp `gguf-py/gguf/constants.py`. */
import { Failure } from '../../contract/failure.ts'
import type { GgufFile } from '../checkpoint/gguf.ts'
import { dequantize, weightFormatOf } from '../checkpoint/weight-formats.ts'
import { architectureOf, checkLayerCount, unrotatedLayers, windowedLayers } from './architectures.ts'
import type { LlamaConfig, RopeScaling } from './config.ts'

const ropeFactorsName = 'rope_freqs.weight'

/**
 * Fails with `model-architecture` for any other architecture, with `model-metadata` where an entry is missing or
 * makes no sense, and with `model-rope` for a rotary scaling Veranda doesn't know.
 */
export function configFromGguf(file: GgufFile): LlamaConfig {
  const name = file.metadata.get('general.architecture')
  const architecture = architectureOf(name)
  const entry = (key: string): string => `${String(name)}.${key}`
  if (integer(file, entry('expert_count'), 0) > 0) {
    throw new Failure(
      'model-architecture',
      'This model is a mixture of experts, which Veranda cannot run. Pick a plain Llama-class model.',
    )
  }
  const headCount = integer(file, entry('attention.head_count'))
  const hiddenSize = integer(file, entry('embedding_length'))
  const headDim = integer(file, entry('attention.key_length'), hiddenSize / headCount)
  for (const key of [entry('attention.value_length'), entry('rope.dimension_count')]) {
    const length = integer(file, key, headDim)
    if (length !== headDim) {
      throw new Failure(
        'model-metadata',
        `The model's ${key} is ${length} where its heads have ${headDim} dimensions; Veranda cannot run such a model.`,
      )
    }
  }
  const ropeTheta = real(file, entry('rope.freq_base'), 10000)
  const has = (tensor: string): boolean => file.tensors.has(tensor)
  const hasBias = (module: string): boolean => has(`blk.0.${module}.bias`)
  const layerCount = checkLayerCount(integer(file, entry('block_count')))
  const contextLength = integer(file, entry('context_length'))
  const slidingWindow = integer(file, entry('attention.sliding_window'), 0)
  const unrotated = unrotatedLayers(architecture, layerCount)
  const windowed = slidingWindow > 0 ? windowedLayers(architecture, layerCount) : null
  const ofDefaults = (key: string): number => {
    const value = architecture.defaults[key]
    return typeof value === 'number' ? value : 0
  }
  const [scoreCap = 0, logitCap = 0] = ['attn_logit_softcapping', 'final_logit_softcapping'].map((key) =>
    real(file, entry(key), ofDefaults(key)),
  )
  const windowedTheta = real(file, entry('rope.freq_base_swa'), ofDefaults('rope_local_base_freq'))
  return {
    vocabularySize: vocabularySize(file, entry('vocab_size')),
    hiddenSize,
    intermediateSize: integer(file, entry('feed_forward_length')),
    layerCount,
    headCount,
    kvHeadCount: integer(file, entry('attention.head_count_kv'), headCount),
    headDim,
    normEpsilon: real(file, entry('attention.layer_norm_rms_epsilon')),
    contextLength,
    ropeTheta,
    ropeScaling: ropeScaling(file, entry, headDim, ropeTheta),
    tiedEmbeddings: !has('output.weight'),
    attentionBias: !hasBias('attn_q') && !hasBias('attn_qkv') ? false : hasBias('attn_output') ? true : 'qkv',
    mlpBias: hasBias('ffn_gate'),
    ...(architecture.queryKeyNorm && { queryKeyNorm: true }),
    ...(slidingWindow > 0 && slidingWindow < contextLength && { slidingWindow }),
    ...(windowed !== null && { windowedLayers: windowed }),
    ...(windowed !== null && windowedTheta > 0 && { windowedRopeTheta: windowedTheta }),
    ...(unrotated.length > 0 && { unrotatedLayers: unrotated }),
    ...(architecture.activation !== 'silu' && { activation: architecture.activation }),
    ...(architecture.outputNorms && { outputNorms: true }),
    ...(architecture.scaledEmbeddings && { embeddingScale: Math.sqrt(hiddenSize) }),
    ...(architecture.widthScaledLayers === layerCount && {
      scoreScale: 1 / Math.sqrt(hiddenSize / headCount),
    }),
    ...(scoreCap > 0 && { scoreCap }),
    ...(logitCap > 0 && { logitCap }),
  }
}

/** The rows of the embedding decide: the entry is missing from some files. */
function vocabularySize(file: GgufFile, key: string): number {
  const rows = file.tensors.get('token_embd.weight')?.shape[0]
  return rows ?? integer(file, key)
}

function ropeScaling(
  file: GgufFile,
  entry: (key: string) => string,
  headDim: number,
  ropeTheta: number,
): RopeScaling {
  if (file.tensors.has(ropeFactorsName)) return llama3Scaling(file, headDim, ropeTheta)
  const type = file.tensors.has('rope_factors_long.weight')
    ? 'longrope'
    : (file.metadata.get(entry('rope.scaling.type')) ?? 'none')
  if (type === 'none') return { type: 'none' }
  if (type === 'linear') return { type: 'linear', factor: real(file, entry('rope.scaling.factor')) }
  if (type === 'yarn') {
    const factor = real(file, entry('rope.scaling.factor'))
    return {
      type,
      factor,
      originalContextLength: integer(
        file,
        entry('rope.scaling.original_context_length'),
        integer(file, entry('context_length')),
      ),
      betaFast: real(file, entry('rope.scaling.yarn_beta_fast'), 32),
      betaSlow: real(file, entry('rope.scaling.yarn_beta_slow'), 1),
      attentionFactor:
        real(file, entry('rope.scaling.attn_factor'), 1) * (0.1 * Math.log(Math.max(factor, 1)) + 1),
      truncate: true,
    }
  }
  throw new Failure(
    'model-rope',
    `This model stretches its context with the rotary scaling ${String(type)}, which Veranda cannot compute. Pick another model.`,
  )
}

/**
 * Llama 3.1 and later: GGUF stores by how much each of the headDim / 2 frequencies is divided, not the settings
 * this came from. All published models share three of the four settings, and the fourth is the largest divisor;
 * whether that is so here is checked against every stored value.
 */
function llama3Scaling(file: GgufFile, headDim: number, ropeTheta: number): RopeScaling {
  const tensor = file.tensors.get(ropeFactorsName)
  const divisors =
    tensor &&
    dequantize(weightFormatOf(tensor.type.name, ropeFactorsName), tensor.read(), tensor.shape[0] ?? 0)
  if (divisors?.length !== headDim / 2) {
    throw new Failure('model-metadata', `The tensor ${ropeFactorsName} does not have ${headDim / 2} values.`)
  }
  const factor = Math.max(...divisors)
  const settings = { factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 8192 }
  for (const [index, divisor] of divisors.entries()) {
    const wavelength = 2 * Math.PI * ropeTheta ** ((2 * index) / headDim)
    if (Math.abs(llama3Divisor(wavelength, settings) / divisor - 1) > 1e-3) {
      throw new Failure(
        'model-rope',
        `This model's rotary factors (${ropeFactorsName}) are not those of Llama 3, the only ones Veranda knows. Pick another model.`,
      )
    }
  }
  return { type: 'llama3', ...settings }
}

/** By how much Llama 3 divides a frequency. Source: transformers `_compute_llama3_parameters`. */
function llama3Divisor(
  wavelength: number,
  scaling: Omit<Extract<RopeScaling, { type: 'llama3' }>, 'type'>,
): number {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContextLength } = scaling
  const turns = originalContextLength / wavelength
  if (turns < low) return factor
  if (turns > high) return 1
  const smooth = (turns - low) / (high - low)
  return 1 / ((1 - smooth) / factor + smooth)
}

function integer(file: GgufFile, key: string, fallback?: number): number {
  const value = real(file, key, fallback)
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new Failure('model-metadata', `The model file's entry ${key} is ${value}, which is no valid count.`)
  }
  return value
}

function real(file: GgufFile, key: string, fallback?: number): number {
  const value = file.metadata.get(key) ?? fallback
  if (value === undefined) {
    throw new Failure(
      'model-metadata',
      `The model file lacks the entry ${key}. Pick another file of this model.`,
    )
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Failure(
      'model-metadata',
      `The model file's entry ${key} is not one number, which Veranda needs.`,
    )
  }
  return value
}
