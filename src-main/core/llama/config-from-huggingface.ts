/**
 * The shape of a Llama-class model from a Hugging Face `config.json`, as transformers 4 wrote it (`rope_theta`,
 * `rope_scaling`) or as transformers 5 does (`rope_parameters`).
 */
import { Failure } from '../../contract/failure.ts'
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
  if (json['model_type'] !== 'llama') {
    throw new Failure(
      'model-architecture',
      `This model has the architecture ${String(json['model_type'])}; Veranda runs Llama-class models (model_type llama), for example SmolLM2 or Llama 3.2.`,
    )
  }
  const activation = json['hidden_act'] ?? 'silu'
  if (activation !== 'silu') {
    throw new Failure(
      'model-architecture',
      `This model uses the activation ${String(activation)}; Veranda runs Llama-class models with silu.`,
    )
  }
  const headCount = number(json, 'num_attention_heads')
  const hiddenSize = number(json, 'hidden_size')
  const rope = isRecord(json['rope_parameters']) ? json['rope_parameters'] : json['rope_scaling']
  const theta = isRecord(rope) && rope['rope_theta'] !== undefined ? rope : json
  return {
    vocabularySize: number(json, 'vocab_size'),
    hiddenSize,
    intermediateSize: number(json, 'intermediate_size'),
    layerCount: number(json, 'num_hidden_layers'),
    headCount,
    kvHeadCount: number(json, 'num_key_value_heads', headCount),
    headDim: number(json, 'head_dim', hiddenSize / headCount),
    normEpsilon: number(json, 'rms_norm_eps', 1e-6),
    contextLength: number(json, 'max_position_embeddings', 2048),
    ropeTheta: number(theta, 'rope_theta', 10000),
    ropeScaling: ropeScaling(rope),
    tiedEmbeddings: json['tie_word_embeddings'] === true,
    attentionBias: json['attention_bias'] === true,
    mlpBias: json['mlp_bias'] === true,
  }
}

function ropeScaling(rope: unknown): RopeScaling {
  if (!isRecord(rope)) return { type: 'none' }
  // Early version 4 files say `type` for `rope_type`.
  const type = rope['rope_type'] ?? rope['type'] ?? 'default'
  switch (type) {
    case 'default':
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
    default:
      throw new Failure(
        'model-rope',
        `This model stretches its context with the rotary scaling ${String(type)}, which Veranda cannot compute. Pick another model.`,
      )
  }
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
