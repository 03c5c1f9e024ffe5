/**
 * The tensors of a Llama-class checkpoint under Hugging Face's names, which Veranda uses throughout, and how a
 * GGUF file names them. Sources: transformers `LlamaForCausalLM`, llama.cpp `gguf-py/gguf/tensor_mapping.py`.
 */
import type { LlamaConfig } from './config.ts'

export const embeddingName = 'model.embed_tokens.weight'
export const finalNormName = 'model.norm.weight'
export const outputName = 'lm_head.weight'

/** The module names of a layer: GGUF → Hugging Face. */
const layerModules: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
}

const otherTensors: Readonly<Record<string, string>> = {
  'token_embd.weight': embeddingName,
  'output_norm.weight': finalNormName,
  'output.weight': outputName,
}

/** The Hugging Face name of a GGUF tensor, or null for one that no Llama-class model has. */
export function huggingFaceName(ggufName: string): string | null {
  const layer = /^blk\.(\d+)\.(\w+)\.(weight|bias)$/.exec(ggufName)
  if (!layer) return otherTensors[ggufName] ?? null
  const [, index, module, kind] = layer
  const name = module === undefined ? undefined : layerModules[module]
  return name === undefined ? null : `model.layers.${index}.${name}.${kind}`
}

/** Every tensor a model of this shape has, with its row-major shape. */
export function expectedShapes(config: LlamaConfig): Map<string, readonly number[]> {
  const { hiddenSize: H, intermediateSize, headCount, kvHeadCount, headDim: D } = config
  const shapes = new Map<string, readonly number[]>()
  shapes.set(embeddingName, [config.vocabularySize, H])
  for (let layer = 0; layer < config.layerCount; layer++) {
    const prefix = `model.layers.${layer}`
    const linear = (module: string, rows: number, columns: number, bias: boolean): void => {
      shapes.set(`${prefix}.${module}.weight`, [rows, columns])
      if (bias) shapes.set(`${prefix}.${module}.bias`, [rows])
    }
    shapes.set(`${prefix}.input_layernorm.weight`, [H])
    linear('self_attn.q_proj', headCount * D, H, config.attentionBias)
    linear('self_attn.k_proj', kvHeadCount * D, H, config.attentionBias)
    linear('self_attn.v_proj', kvHeadCount * D, H, config.attentionBias)
    linear('self_attn.o_proj', H, headCount * D, config.attentionBias)
    shapes.set(`${prefix}.post_attention_layernorm.weight`, [H])
    linear('mlp.gate_proj', intermediateSize, H, config.mlpBias)
    linear('mlp.up_proj', intermediateSize, H, config.mlpBias)
    linear('mlp.down_proj', H, intermediateSize, config.mlpBias)
  }
  shapes.set(finalNormName, [H])
  if (!config.tiedEmbeddings) shapes.set(outputName, [config.vocabularySize, H])
  return shapes
}
