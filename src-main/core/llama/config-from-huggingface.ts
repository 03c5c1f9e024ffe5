/**
 * The shape of a Llama-class model from a Hugging Face `config.json`, as transformers 4 wrote it (`rope_theta`,
 * `rope_scaling`) or as transformers 5 does (`rope_parameters`).
 */
import { Failure } from '../../contract/failure.ts'
import { type Architecture, architectureOf, unrotatedLayers } from './architectures.ts'
import type { LlamaConfig, RopeScaling } from './config.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * @param json the parsed config.json
 *
 * Fails with `model-architecture` for any other architecture, with `model-metadata` where an entry is missing or
 * makes no sense, and with `model-rope` for a rotary scaling Veranda doesn't know.
 */
export function configFromHuggingFace(json: unknown): LlamaConfig {
  if (!isRecord(json))
    throw new Failure('model-metadata', "The model folder's config.json is not a JSON object.")
  const architecture = architectureOf(json['model_type'])
  const activation = json['hidden_act'] ?? 'silu'
  if (activation !== 'silu') {
    throw new Failure(
      'model-architecture',
      `This model uses the activation ${String(activation)}; Veranda runs models with silu.`,
    )
  }
  const headCount = number(json, 'num_attention_heads')
  const hiddenSize = number(json, 'hidden_size')
  const rope = isRecord(json['rope_parameters']) ? json['rope_parameters'] : json['rope_scaling']
  const theta = isRecord(rope) && rope['rope_theta'] !== undefined ? rope : json
  const partial =
    json['partial_rotary_factor'] ?? (isRecord(rope) ? rope['partial_rotary_factor'] : undefined) ?? 1
  if (partial !== 1) {
    throw new Failure(
      'model-architecture',
      `This model rotates only a part (${String(partial)}) of each head, which Veranda cannot compute. Pick another model.`,
    )
  }
  const layerCount = number(json, 'num_hidden_layers')
  const maxPositions = number(json, 'max_position_embeddings', 2048)
  const contextLength = isDynamic(rope)
    ? number(rope, 'original_max_position_embeddings', maxPositions)
    : maxPositions
  const slidingWindow = windowOf(json, layerCount)
  const unrotated = unrotatedIn(json, architecture, layerCount)
  return {
    vocabularySize: number(json, 'vocab_size'),
    hiddenSize,
    intermediateSize: number(json, 'intermediate_size'),
    layerCount,
    headCount,
    kvHeadCount: number(json, 'num_key_value_heads', headCount),
    headDim: number(json, 'head_dim', hiddenSize / headCount),
    normEpsilon: number(json, 'rms_norm_eps', 1e-6),
    contextLength,
    ropeTheta: number(theta, 'rope_theta', 10000),
    ropeScaling: ropeScaling(rope, maxPositions),
    tiedEmbeddings: (json['tie_word_embeddings'] ?? architecture.tiedEmbeddings) === true,
    attentionBias: architecture.attentionBias === 'qkv' ? 'qkv' : json['attention_bias'] === true,
    mlpBias: json['mlp_bias'] === true,
    ...(architecture.queryKeyNorm && { queryKeyNorm: true }),
    ...(slidingWindow !== null && slidingWindow < contextLength && { slidingWindow }),
    ...(unrotated.length > 0 && { unrotatedLayers: unrotated }),
  }
}

/** The window of all layers, or null; fails where some layers have one and others none. */
function windowOf(json: Json, layerCount: number): number | null {
  if (typeof json['sliding_window'] !== 'number' || json['use_sliding_window'] === false) return null
  const types = json['layer_types']
  // Older Qwen files don't list the layers: those from this one on have the window.
  const first = json['use_sliding_window'] === true ? number(json, 'max_window_layers', layerCount) : 0
  const windowed = Array.isArray(types)
    ? types.filter((type) => type === 'sliding_attention').length
    : Math.max(0, layerCount - first)
  if (windowed === 0) return null
  if (windowed === layerCount) return number(json, 'sliding_window')
  throw new Failure(
    'model-architecture',
    'Some layers of this model see only a window of the text and others all of it, which Veranda cannot compute. Pick another model.',
  )
}

function unrotatedIn(json: Json, architecture: Architecture, layerCount: number): readonly number[] {
  const rotated = json['no_rope_layers']
  // Despite its name, the list has a 1 for each layer that rotates.
  if (architecture.unrotatedEvery === null || !Array.isArray(rotated))
    return unrotatedLayers(architecture, layerCount)
  return [...rotated.keys()].filter((layer) => !rotated[layer] && layer < layerCount)
}

/** The dynamic scaling changes nothing within the context that the model was trained on; that one is kept. */
function isDynamic(rope: unknown): rope is Json {
  return isRecord(rope) && (rope['rope_type'] ?? rope['type']) === 'dynamic'
}

function ropeScaling(rope: unknown, maxPositions: number): RopeScaling {
  if (!isRecord(rope)) return { type: 'none' }
  // Early version 4 files say `type` for `rope_type`.
  const type = rope['rope_type'] ?? rope['type'] ?? 'default'
  switch (type) {
    case 'default':
    case 'dynamic':
      return { type: 'none' }
    case 'linear':
      return { type: 'linear', factor: number(rope, 'factor') }
    case 'llama3':
      return {
        type: 'llama3',
        factor: number(rope, 'factor'),
        lowFrequencyFactor: number(rope, 'low_freq_factor'),
        highFrequencyFactor: number(rope, 'high_freq_factor'),
        originalContextLength: number(rope, 'original_max_position_embeddings'),
      }
    case 'yarn': {
      const factor = number(rope, 'factor')
      return {
        type: 'yarn',
        factor,
        originalContextLength: number(rope, 'original_max_position_embeddings', maxPositions),
        betaFast: number(rope, 'beta_fast', 32),
        betaSlow: number(rope, 'beta_slow', 1),
        attentionFactor: number(rope, 'attention_factor', yarnAttentionFactor(factor, rope)),
        truncate: rope['truncate'] !== false,
      }
    }
    default:
      throw new Failure(
        'model-rope',
        `This model stretches its context with the rotary scaling ${String(type)}, which Veranda cannot compute. Pick another model.`,
      )
  }
}

/** Source: transformers `_compute_yarn_parameters`. */
function yarnAttentionFactor(factor: number, rope: Json): number {
  const scale = (multiplier: number): number => 0.1 * multiplier * Math.log(Math.max(factor, 1)) + 1
  const { mscale, mscale_all_dim: ofAll } = rope
  return mscale && ofAll ? scale(number(rope, 'mscale')) / scale(number(rope, 'mscale_all_dim')) : scale(1)
}

function number(json: Json, key: string, fallback?: number): number {
  const value = json[key] ?? fallback
  if (typeof value !== 'number' || !(value > 0)) {
    throw new Failure('model-metadata', `The model folder's config.json has no valid ${key}.`)
  }
  return value
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
