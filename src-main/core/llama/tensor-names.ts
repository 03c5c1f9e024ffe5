/**
 * The tensors of a Llama-class checkpoint under Hugging Face's names, which Veranda uses throughout, and how a
 * GGUF file names them. Sources: transformers `LlamaForCausalLM`, llama.cpp `gguf-py/gguf/tensor_mapping.py`.
 */
import type { Architecture } from './architectures.ts'
import type { LlamaConfig } from './config.ts'
import { hasBias, linearKinds, linearPath } from './linear-kinds.ts'

const embeddingName = 'model.embed_tokens.weight'
const finalNormName = 'model.norm.weight'
export const outputName = 'lm_head.weight'

/** The module names of a layer: GGUF → Hugging Face. */
const layerModules: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  attn_qkv: 'self_attn.qkv_proj',
  attn_output: 'self_attn.o_proj',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
}

/** Where what attention and MLP give is normalised too. */
const outputNormModules: Readonly<Record<string, string>> = {
  ...layerModules,
  post_attention_norm: 'post_attention_layernorm',
  ffn_norm: 'pre_feedforward_layernorm',
  post_ffw_norm: 'post_feedforward_layernorm',
}

/** The norms of a layer but the first, by what they are of. */
export interface LayerNorms {
  readonly attentionOutput: string | null
  readonly mlpInput: string
  readonly mlpOutput: string | null
}

export function layerNorms({ outputNorms }: Pick<LlamaConfig, 'outputNorms'>): LayerNorms {
  if (!outputNorms) return { attentionOutput: null, mlpInput: 'post_attention_layernorm', mlpOutput: null }
  return {
    attentionOutput: 'post_attention_layernorm',
    mlpInput: 'pre_feedforward_layernorm',
    mlpOutput: 'post_feedforward_layernorm',
  }
}

/** All vectors but biases are scales of norms. */
export function isNormScale(name: string, shape: readonly number[]): boolean {
  return shape.length === 1 && name.endsWith('.weight')
}

const otherTensors: Readonly<Record<string, string>> = {
  'token_embd.weight': embeddingName,
  'output_norm.weight': finalNormName,
  'output.weight': outputName,
}

/** The Hugging Face name of a GGUF tensor, or null for one that no Llama-class model has. */
export function huggingFaceName(ggufName: string, { fused, outputNorms }: Architecture): string | null {
  const layer = /^blk\.(\d+)\.(\w+)\.(weight|bias)$/.exec(ggufName)
  if (!layer) return otherTensors[ggufName] ?? null
  const [, index, module, kind] = layer
  const name =
    fused && module === 'ffn_up'
      ? 'mlp.gate_up_proj'
      : module === undefined
        ? undefined
        : (outputNorms ? outputNormModules : layerModules)[module]
  return name === undefined ? null : `model.layers.${index}.${name}.${kind}`
}

const ggufLayerModules = inverse(layerModules)
const ggufOutputNormModules = inverse(outputNormModules)
const ggufOtherTensors = inverse(otherTensors)

/** The GGUF name of a tensor by its Hugging Face name; fused tensors have their fused names in both. */
export function ggufName(
  huggingFaceName: string,
  { fused, outputNorms }: Pick<Architecture, 'fused' | 'outputNorms'>,
): string | null {
  const [, index, module = '', kind] =
    /^model\.layers\.(\d+)\.([\w.]+)\.(weight|bias)$/.exec(huggingFaceName) ?? []
  if (index === undefined) return ggufOtherTensors[huggingFaceName] ?? null
  const name =
    fused && module === 'mlp.gate_up_proj'
      ? 'ffn_up'
      : (outputNorms ? ggufOutputNormModules : ggufLayerModules)[module]
  return name === undefined ? null : `blk.${index}.${name}.${kind}`
}

function inverse(names: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(names).map(([key, value]) => [value, key]))
}

/**
 * Every tensor a model of this shape has, with its row-major shape, one at a time: a damaged file may claim
 * millions of layers, and the first tensor that isn't there ends the walk.
 */
export function* expectedShapes(config: LlamaConfig): Generator<[name: string, shape: readonly number[]]> {
  const { vocabularySize, hiddenSize, layerCount } = config
  yield [embeddingName, [vocabularySize, hiddenSize]]
  for (let layer = 0; layer < layerCount; layer++) yield* layerShapes(config, `model.layers.${layer}`)
  yield [finalNormName, [hiddenSize]]
  if (!config.tiedEmbeddings) yield [outputName, [vocabularySize, hiddenSize]]
}

/** The tensors of one decoder layer, `<prefix>.self_attn.q_proj.weight` and so on, with their row-major shapes. */
export function* layerShapes(
  config: LlamaConfig,
  prefix: string,
): Generator<[name: string, shape: readonly number[]]> {
  const { attentionOutput, mlpInput, mlpOutput } = layerNorms(config)
  for (const norm of ['input_layernorm', attentionOutput, mlpInput, mlpOutput])
    if (norm !== null) yield [`${prefix}.${norm}.weight`, [config.hiddenSize]]
  if (config.queryKeyNorm) {
    yield [`${prefix}.self_attn.q_norm.weight`, [config.headDim]]
    yield [`${prefix}.self_attn.k_norm.weight`, [config.headDim]]
  }
  for (const { kind, inFeatures, outFeatures } of linearKinds(config)) {
    const module = `${prefix}.${linearPath(kind)}`
    yield [`${module}.weight`, [outFeatures, inFeatures]]
    if (hasBias(config, kind)) yield [`${module}.bias`, [outFeatures]]
  }
}
