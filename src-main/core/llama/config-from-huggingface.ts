/**
 * The shape of a Llama-class model from a Hugging Face `config.json`, as transformers 4 wrote it (`rope_theta`,
 * `rope_scaling`) or as transformers 5 does (`rope_parameters`).
 */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { Activation } from './activations.ts'
import {
  type Architecture,
  architectureOf,
  checkLayerCount,
  unrotatedLayers,
  windowedLayers,
} from './architectures.ts'
import type { LlamaConfig } from './config.ts'
import { isCount, isRecord, isString, type Json, number } from './huggingface-json.ts'
import { ropeFromHuggingFace } from './rope-from-huggingface.ts'

/**
 * @param json the parsed config.json
 *
 * Fails with `model-architecture` for any other architecture, with `model-metadata` where an entry is missing or
 * makes no sense, and with `model-rope` for a rotary scaling Veranda doesn't know.
 */
export function configFromHuggingFace(given: unknown): LlamaConfig {
  if (!isRecord(given))
    throw new Failure('model-metadata', "The model folder's config.json is not a JSON object.")
  const architecture = architectureOf(given['model_type'])
  const json: Json = { ...architecture.defaults, ...given }
  checkSupported(json)
  const headCount = number(json, 'num_attention_heads')
  const hiddenSize = number(json, 'hidden_size')
  const { rope, windowedTheta } = ropeOf(json)
  const theta = isRecord(rope) && rope['rope_theta'] !== undefined ? rope : json
  const partial =
    json['partial_rotary_factor'] ?? (isRecord(rope) ? rope['partial_rotary_factor'] : undefined) ?? 1
  if (partial !== 1) {
    throw new Failure(
      'model-architecture',
      sentence`This model rotates only a part (${String(partial)}) of each head, which Veranda cannot compute. Pick another model.`,
    )
  }
  const headDim = number(json, 'head_dim', hiddenSize / headCount)
  const scoreWidth = number(json, 'query_pre_attn_scalar', headDim)
  const activation = activationOf(json, architecture)
  const layerCount = checkLayerCount(number(json, 'num_hidden_layers'))
  const maxPositions = number(json, 'max_position_embeddings', 2048)
  const { contextLength, ropeScaling } = ropeFromHuggingFace(rope, json, headDim, maxPositions)
  const { slidingWindow, windowed } = windowOf(json, architecture, layerCount)
  const unrotated = unrotatedIn(json, architecture, layerCount)
  return {
    vocabularySize: number(json, 'vocab_size'),
    hiddenSize,
    intermediateSize: number(json, 'intermediate_size'),
    layerCount,
    headCount,
    kvHeadCount: number(json, 'num_key_value_heads', headCount),
    headDim,
    normEpsilon: number(json, 'rms_norm_eps', 1e-6),
    contextLength,
    ropeTheta: number(theta, 'rope_theta', 10000),
    ropeScaling,
    tiedEmbeddings: json['tie_word_embeddings'] === true,
    attentionBias: architecture.attentionBias === 'qkv' ? 'qkv' : json['attention_bias'] === true,
    mlpBias: json['mlp_bias'] === true,
    ...(architecture.queryKeyNorm && { queryKeyNorm: true }),
    ...(slidingWindow !== null && slidingWindow < contextLength && { slidingWindow }),
    ...(windowed !== null && { windowedLayers: windowed }),
    ...(windowed !== null && windowedTheta !== null && { windowedRopeTheta: windowedTheta }),
    ...(unrotated.length > 0 && { unrotatedLayers: unrotated }),
    ...(activation !== 'silu' && { activation }),
    ...(architecture.outputNorms && { outputNorms: true }),
    ...(architecture.scaledEmbeddings && { embeddingScale: Math.sqrt(hiddenSize) }),
    ...(scoreWidth !== headDim && { scoreScale: 1 / Math.sqrt(scoreWidth) }),
    ...(json['attn_logit_softcapping'] != null && { scoreCap: number(json, 'attn_logit_softcapping') }),
    ...(json['final_logit_softcapping'] != null && { logitCap: number(json, 'final_logit_softcapping') }),
  }
}

const activationNames: Readonly<Record<string, Activation>> = { silu: 'silu', gelu_pytorch_tanh: 'gelu-tanh' }

/** Older Gemma files have a second name for it, which counts. */
function activationOf(json: Json, architecture: Architecture): Activation {
  const name = json['hidden_activation'] ?? json['hidden_act']
  if (name === undefined || name === null) return architecture.activation
  const known = isString(name) && Object.hasOwn(activationNames, name) ? activationNames[name] : undefined
  if (known !== undefined) return known
  throw new Failure(
    'model-architecture',
    sentence`This model uses the activation ${String(name)}; Veranda runs models with ${Object.keys(activationNames)}.`,
  )
}

function checkSupported(json: Json): void {
  const lacking = isRecord(json['text_config'])
    ? sentence`reads pictures as well as text`
    : json['use_bidirectional_attention'] === true
      ? sentence`sees the text after a word as well, to embed it`
      : null
  if (lacking === null) return
  throw new Failure(
    'model-architecture',
    sentence`This model ${lacking}, which Veranda cannot compute. Pick a model of text alone that answers.`,
  )
}

/** The rotary settings of all layers, or of those that see everything, and the base of the others where it differs. */
function ropeOf(json: Json): { rope: unknown; windowedTheta: number | null } {
  const parameters = json['rope_parameters']
  if (!isRecord(parameters)) {
    const local = json['rope_local_base_freq']
    return {
      rope: json['rope_scaling'],
      windowedTheta: local == null ? null : number(json, 'rope_local_base_freq'),
    }
  }
  const { full_attention: full, sliding_attention: windowed } = parameters
  if (!isRecord(full)) return { rope: parameters, windowedTheta: null }
  return { rope: full, windowedTheta: isRecord(windowed) ? number(windowed, 'rope_theta') : null }
}

/** The window, or null, and the layers that have it, or null for all. */
function windowOf(
  json: Json,
  architecture: Architecture,
  layerCount: number,
): { readonly slidingWindow: number | null; readonly windowed: readonly number[] | null } {
  const none = { slidingWindow: null, windowed: null }
  if (typeof json['sliding_window'] !== 'number' || json['use_sliding_window'] === false) return none
  const slidingWindow = number(json, 'sliding_window')
  const windowed = windowedIn(json, architecture, layerCount)
  if (windowed.length === 0) return none
  return { slidingWindow, windowed: windowed.length === layerCount ? null : windowed }
}

function windowedIn(json: Json, architecture: Architecture, layerCount: number): readonly number[] {
  const types = json['layer_types']
  if (Array.isArray(types))
    return [...types.keys()].filter((layer) => types[layer] === 'sliding_attention' && layer < layerCount)
  const every = json['sliding_window_pattern'] ?? json['_sliding_window_pattern']
  const own = windowedLayers(
    architecture.unwindowedEvery !== null && isCount(every)
      ? { ...architecture, unwindowedEvery: every }
      : architecture,
    layerCount,
  )
  if (own !== null) return own
  // Older Qwen files don't list the layers: those from this one on have the window.
  const first = json['use_sliding_window'] === true ? number(json, 'max_window_layers', layerCount) : 0
  return Array.from({ length: Math.max(0, layerCount - first) }, (_, index) => first + index)
}

function unrotatedIn(json: Json, architecture: Architecture, layerCount: number): readonly number[] {
  const rotated = json['no_rope_layers']
  // Despite its name, the list has a 1 for each layer that rotates.
  if (architecture.unrotatedEvery === null || !Array.isArray(rotated))
    return unrotatedLayers(architecture, layerCount)
  return [...rotated.keys()].filter((layer) => !rotated[layer] && layer < layerCount)
}
