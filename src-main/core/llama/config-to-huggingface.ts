/** A model's config.json, as transformers 4 wrote it and 5 reads it: `configFromHuggingFace` taken back. */
import { architectureOf, unrotatedLayers } from './architectures.ts'
import type { LlamaConfig, RopeScaling } from './config.ts'
import { notPortableModel } from './not-portable.ts'

type Json = Readonly<Record<string, unknown>>

/** transformers' class of the architecture's language model. */
const classNames: Readonly<Record<string, string>> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
  smollm3: 'SmolLM3ForCausalLM',
  phi3: 'Phi3ForCausalLM',
}

/** @throws Failure `model-not-portable` where transformers has no model of this architecture with such a shape */
export function configToHuggingFace(
  config: LlamaConfig,
  architectureName: string,
  tokens: { readonly bosId: number | null; readonly eosIds: readonly number[] },
): Json {
  const architecture = architectureOf(architectureName)
  const className = Object.hasOwn(classNames, architectureName) ? classNames[architectureName] : undefined
  if (className === undefined) throw notPortableModel(`the architecture ${architectureName}`)
  if (config.attentionBias === 'qkv' && architecture.attentionBias !== 'qkv') {
    throw notPortableModel('biases of queries, keys and values, but none of the output projection')
  }
  const { slidingWindow, layerCount } = config
  const unrotated = config.unrotatedLayers ?? []
  if (architecture.unrotatedEvery === null && unrotated.length > 0)
    throw notPortableModel('layers that are not rotated')
  const differs = unrotated.join() !== unrotatedLayers(architecture, layerCount).join()
  return {
    architectures: [className],
    model_type: architectureName,
    vocab_size: config.vocabularySize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: layerCount,
    num_attention_heads: config.headCount,
    num_key_value_heads: config.kvHeadCount,
    head_dim: config.headDim,
    hidden_act: 'silu',
    rms_norm_eps: config.normEpsilon,
    max_position_embeddings: config.contextLength,
    rope_theta: config.ropeTheta,
    rope_scaling: ropeToHuggingFace(config.ropeScaling),
    tie_word_embeddings: config.tiedEmbeddings,
    attention_bias: config.attentionBias !== false,
    mlp_bias: config.mlpBias,
    sliding_window: slidingWindow ?? null,
    use_sliding_window: slidingWindow !== undefined,
    ...(slidingWindow !== undefined && {
      layer_types: Array.from({ length: layerCount }, () => 'sliding_attention'),
    }),
    ...(differs && {
      no_rope_layers: Array.from({ length: layerCount }, (_, layer) => (unrotated.includes(layer) ? 0 : 1)),
    }),
    bos_token_id: tokens.bosId,
    eos_token_id: tokens.eosIds[0] ?? null,
    // Phi-3's default lies outside of smaller vocabularies.
    pad_token_id: null,
    use_cache: true,
  }
}

function ropeToHuggingFace(scaling: RopeScaling): Json | null {
  switch (scaling.type) {
    case 'none':
      return null
    case 'linear':
      return { rope_type: 'linear', factor: scaling.factor }
    case 'llama3':
      return {
        rope_type: 'llama3',
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalContextLength,
      }
    case 'yarn':
      return {
        rope_type: 'yarn',
        factor: scaling.factor,
        original_max_position_embeddings: scaling.originalContextLength,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
        attention_factor: scaling.attentionFactor,
        truncate: scaling.truncate,
      }
  }
}
