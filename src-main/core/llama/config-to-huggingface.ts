/** A model's config.json, as transformers 4 wrote it and 5 reads it: `configFromHuggingFace` taken back. */
import { sentence } from '../../contract/sentence.ts'
import type { Activation } from './activations.ts'
import { architectureOf, unrotatedLayers } from './architectures.ts'
import type { LlamaConfig } from './config.ts'
import { configFromHuggingFace } from './config-from-huggingface.ts'
import type { Json } from './huggingface-json.ts'
import { notPortableModel } from './not-portable.ts'
import { checkWritten } from './written-config.ts'

/** transformers' class of the architecture's language model, and its `model_type` where that isn't the name. */
const models: Readonly<Record<string, { readonly className: string; readonly modelType?: string }>> = {
  llama: { className: 'LlamaForCausalLM' },
  mistral: { className: 'MistralForCausalLM' },
  qwen2: { className: 'Qwen2ForCausalLM' },
  qwen3: { className: 'Qwen3ForCausalLM' },
  smollm3: { className: 'SmolLM3ForCausalLM' },
  phi3: { className: 'Phi3ForCausalLM' },
  gemma: { className: 'GemmaForCausalLM' },
  gemma2: { className: 'Gemma2ForCausalLM' },
  gemma3: { className: 'Gemma3ForCausalLM', modelType: 'gemma3_text' },
  gemma3_text: { className: 'Gemma3ForCausalLM' },
}

const activationNames: Readonly<Record<Activation, string>> = {
  silu: 'silu',
  'gelu-tanh': 'gelu_pytorch_tanh',
}

/** @throws Failure `model-not-portable` where transformers has no model of this architecture with such a shape */
export function configToHuggingFace(
  config: LlamaConfig,
  architectureName: string,
  tokens: { readonly bosId: number | null; readonly eosIds: readonly number[] },
): Json {
  const model = Object.hasOwn(models, architectureName) ? models[architectureName] : undefined
  if (model === undefined) throw notPortableModel(sentence`the architecture ${architectureName}`)
  const activation = activationNames[config.activation ?? 'silu']
  const json = {
    architectures: [model.className],
    model_type: model.modelType ?? architectureName,
    vocab_size: config.vocabularySize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layerCount,
    num_attention_heads: config.headCount,
    num_key_value_heads: config.kvHeadCount,
    head_dim: config.headDim,
    hidden_act: activation,
    hidden_activation: activation,
    rms_norm_eps: config.normEpsilon,
    max_position_embeddings: config.contextLength,
    rope_theta: config.ropeTheta,
    rope_local_base_freq: config.windowedRopeTheta,
    rope_scaling: ropeToHuggingFace(config),
    tie_word_embeddings: config.tiedEmbeddings,
    attention_bias: config.attentionBias !== false,
    mlp_bias: config.mlpBias,
    query_pre_attn_scalar: scoreWidth(config),
    attn_logit_softcapping: config.scoreCap ?? null,
    final_logit_softcapping: config.logitCap ?? null,
    ...windowsToHuggingFace(config, architectureName),
    bos_token_id: tokens.bosId,
    eos_token_id: tokens.eosIds[0] ?? null,
    // Phi-3's default lies outside of smaller vocabularies.
    pad_token_id: null,
    use_cache: true,
  }
  checkWritten(config, configFromHuggingFace(json))
  return json
}

/** What the scores of attention are divided by the square root of: a whole number in transformers. */
function scoreWidth({ headDim, scoreScale }: LlamaConfig): number {
  return scoreScale === undefined ? headDim : Math.round(1 / scoreScale ** 2)
}

function windowsToHuggingFace(config: LlamaConfig, architectureName: string): Json {
  const { layerCount, contextLength, slidingWindow, windowedLayers, unrotatedLayers: unrotated = [] } = config
  const layers = Array.from({ length: layerCount }, (_, layer) => layer)
  // Layers may be of two kinds although the window that they differ in is as long as the context.
  const window = slidingWindow ?? (windowedLayers && contextLength)
  const isUsual = unrotated.join() === unrotatedLayers(architectureOf(architectureName), layerCount).join()
  return {
    sliding_window: window ?? null,
    use_sliding_window: window !== undefined,
    ...(window !== undefined && {
      layer_types: layers.map((layer) =>
        windowedLayers === undefined || windowedLayers.includes(layer)
          ? 'sliding_attention'
          : 'full_attention',
      ),
    }),
    ...(!isUsual && { no_rope_layers: layers.map((layer) => (unrotated.includes(layer) ? 0 : 1)) }),
  }
}

/** What transformers 5 takes as a number with a fraction only, written so: 30 is refused where 30.0 is right. */
const fractions =
  /"(?:\w+_logit_softcapping|rope_theta|rope_local_base_freq|\w*factor|beta_fast|beta_slow)": -?\d+(?=[,\n])/g

/** The text of config.json. */
export function configText(json: Json): string {
  return `${JSON.stringify(json, null, 2)}\n`.replace(fractions, '$&.0')
}

function ropeToHuggingFace({ ropeScaling: scaling, contextLength }: LlamaConfig): Json | null {
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
    case 'divisors':
      return {
        rope_type: 'longrope',
        short_factor: scaling.divisors,
        long_factor: scaling.divisors,
        factor: 1,
        original_max_position_embeddings: contextLength,
        attention_factor: scaling.attentionFactor,
      }
  }
}
