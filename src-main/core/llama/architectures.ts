/**
 * What differs between the architectures that are one decoder: RMS norm, rotary attention, gated SiLU MLP. A row an
 * architecture, by the name that both GGUF (`general.architecture`) and transformers (`model_type`) give it.
 * Sources: transformers `modeling_*.py`, llama.cpp `convert_hf_to_gguf.py`.
 */
import { Failure } from '../../contract/failure.ts'

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
  /** Where config.json doesn't say. */
  readonly tiedEmbeddings: boolean
}

const plain: Architecture = {
  attentionBias: 'configured',
  queryKeyNorm: false,
  unrotatedEvery: null,
  pairedRows: false,
  fused: false,
  tiedEmbeddings: false,
}

const architectures: Readonly<Record<string, Architecture>> = {
  llama: { ...plain, pairedRows: true },
  mistral: { ...plain, ggufName: 'llama' },
  qwen2: { ...plain, attentionBias: 'qkv' },
  qwen3: { ...plain, queryKeyNorm: true },
  smollm3: { ...plain, unrotatedEvery: 4, pairedRows: true, tiedEmbeddings: true },
  phi3: { ...plain, fused: true },
}

/** Fails with `model-architecture` for one that isn't in the table. */
export function architectureOf(name: unknown): Architecture {
  const known =
    typeof name === 'string' && Object.hasOwn(architectures, name) ? architectures[name] : undefined
  if (known !== undefined) return known
  throw new Failure(
    'model-architecture',
    `This model has the architecture ${String(name)}; Veranda runs ${Object.keys(architectures).join(', ')}, for example SmolLM2, Llama 3.2 or Qwen3.`,
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
  if (unrotatedEvery === null) return []
  return Array.from(
    { length: Math.floor(layerCount / unrotatedEvery) },
    (_, turn) => (turn + 1) * unrotatedEvery - 1,
  )
}
