/**
 * What differs between the architectures that are one decoder: RMS norm, rotary attention, gated MLP. A row an
 * architecture, by the name that both GGUF (`general.architecture`) and transformers (`model_type`) give it.
 * Sources: transformers `modeling_*.py`, llama.cpp `convert_hf_to_gguf.py`.
 */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { Activation } from './activations.ts'

export interface Architecture {
  /** `qkv`: always, and the output projection has none; `configured`: as config.json says. */
  readonly attentionBias: 'qkv' | 'configured'
  /** Queries and keys are normalised, head by head, before they are rotated. */
  readonly queryKeyNorm: boolean
  /** Every so many layers, the last of them leaves queries and keys unrotated; null for none. */
  readonly unrotatedEvery: number | null
  /** llama.cpp's converter reorders the rows of its q_proj and k_proj: see `rotary-rows.ts`. */
  readonly pairedRows: boolean
  /** What its GGUF files call it, where they don't by its own name. */
  readonly ggufName?: string
  /** q, k and v, and gate and up, are one matrix each in its files. */
  readonly fused: boolean
  /** What the MLP's gate passes through. */
  readonly activation: Activation
  /** Norms multiply by one more than their weights, to which llama.cpp's converter has added it. */
  readonly offsetNorms: boolean
  /** What attention and MLP give is normalised before it is added. */
  readonly outputNorms: boolean
  /** Embeddings are multiplied by √hiddenSize. */
  readonly scaledEmbeddings: boolean
  /** Every so many layers, the last of them sees the whole text and the others a window; null: all are alike. */
  readonly unwindowedEvery: number | null
  /** The number of layers of that one size whose scores are scaled by 1/√(hiddenSize / heads): GGUF doesn't say. */
  readonly widthScaledLayers: number | null
  /** The tensors of its GGUF files that say what rotary frequencies are divided by: see `rope-from-gguf.ts`. */
  readonly ropeFactors: readonly ('always' | 'short' | 'long')[]
  /** What config.json may leave out, being transformers' own default. */
  readonly defaults: Readonly<Record<string, unknown>>
}

const plain: Architecture = {
  attentionBias: 'configured',
  queryKeyNorm: false,
  unrotatedEvery: null,
  pairedRows: false,
  fused: false,
  activation: 'silu',
  offsetNorms: false,
  outputNorms: false,
  scaledEmbeddings: false,
  unwindowedEvery: null,
  widthScaledLayers: null,
  ropeFactors: [],
  defaults: {},
}

const gemma: Architecture = {
  ...plain,
  activation: 'gelu-tanh',
  offsetNorms: true,
  scaledEmbeddings: true,
  defaults: { tie_word_embeddings: true, head_dim: 256, max_position_embeddings: 8192 },
}

const gemma2: Architecture = {
  ...gemma,
  outputNorms: true,
  unwindowedEvery: 2,
  widthScaledLayers: 46,
  defaults: {
    ...gemma.defaults,
    sliding_window: 4096,
    query_pre_attn_scalar: 256,
    attn_logit_softcapping: 50,
    final_logit_softcapping: 30,
  },
}

const gemma3: Architecture = {
  ...gemma2,
  queryKeyNorm: true,
  unwindowedEvery: 6,
  widthScaledLayers: 62,
  defaults: {
    ...gemma.defaults,
    sliding_window: 4096,
    query_pre_attn_scalar: 256,
    max_position_embeddings: 131_072,
    rope_theta: 1e6,
    rope_local_base_freq: 1e4,
  },
}

const architectures: Readonly<Record<string, Architecture>> = {
  llama: { ...plain, pairedRows: true, ropeFactors: ['always'] },
  mistral: { ...plain, ggufName: 'llama' },
  qwen2: { ...plain, attentionBias: 'qkv' },
  qwen3: { ...plain, queryKeyNorm: true },
  smollm3: { ...plain, unrotatedEvery: 4, pairedRows: true, defaults: { tie_word_embeddings: true } },
  phi3: { ...plain, fused: true, ropeFactors: ['short', 'long'] },
  gemma,
  gemma2,
  gemma3,
  gemma3_text: { ...gemma3, ggufName: 'gemma3' },
}

/** Fails with `model-architecture` for one that isn't in the table. */
export function architectureOf(name: unknown): Architecture {
  const known =
    typeof name === 'string' && Object.hasOwn(architectures, name) ? architectures[name] : undefined
  if (known !== undefined) return known
  throw new Failure(
    'model-architecture',
    sentence`This model has the architecture ${String(name)}; Veranda runs ${Object.keys(architectures)}, for example SmolLM2, Llama 3.2 or Qwen3.`,
  )
}

/** The largest models have some 130 layers; a damaged file may claim billions, and lists of them are made. */
const maxLayers = 10_000

/** Fails with `model-metadata` for a number of layers that no model has. */
export function checkLayerCount(layerCount: number): number {
  if (Number.isSafeInteger(layerCount) && layerCount >= 0 && layerCount <= maxLayers) return layerCount
  throw new Failure(
    'model-metadata',
    sentence`The model's settings ask for ${layerCount} layers, which no model has. Pick another file of this model.`,
  )
}

/** The architecture that GGUF files of the model have, and its name in them. */
export function ggufArchitectureOf(name: string): {
  readonly name: string
  readonly architecture: Architecture
} {
  const ggufName = architectureOf(name).ggufName ?? name
  return { name: ggufName, architecture: architectureOf(ggufName) }
}

/** The layers that don't rotate, of a model of this architecture. */
export function unrotatedLayers({ unrotatedEvery }: Architecture, layerCount: number): readonly number[] {
  return unrotatedEvery === null ? [] : lastOfEach(unrotatedEvery, layerCount)
}

/** The layers that see a window only, of a model of this architecture; null: all are alike. */
export function windowedLayers(
  { unwindowedEvery }: Architecture,
  layerCount: number,
): readonly number[] | null {
  if (unwindowedEvery === null) return null
  const whole = new Set(lastOfEach(unwindowedEvery, layerCount))
  return Array.from({ length: layerCount }, (_, layer) => layer).filter((layer) => !whole.has(layer))
}

function lastOfEach(count: number, layerCount: number): readonly number[] {
  return Array.from({ length: Math.floor(layerCount / count) }, (_, turn) => (turn + 1) * count - 1)
}
