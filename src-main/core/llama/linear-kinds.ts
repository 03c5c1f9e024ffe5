/** The linear layers of a decoder layer: their names, where they sit and how large they are. */
import type { LlamaConfig } from './config.ts'

/** In the order in which a forward pass meets them; adapters lay their vectors out in this order. */
export const LINEAR_KINDS = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
] as const

export type LinearKind = (typeof LINEAR_KINDS)[number]

export interface LinearShape {
  readonly kind: LinearKind
  readonly inFeatures: number
  readonly outFeatures: number
}

/** Every linear kind of one decoder layer with its shape, in the order of `LINEAR_KINDS`; weights are [out, in]. */
export function linearKinds(config: LlamaConfig): readonly LinearShape[] {
  return LINEAR_KINDS.map((kind) => ({ kind, ...linearSize(config, kind) }))
}

/** The sizes of one linear kind. */
export function linearSize(
  config: LlamaConfig,
  kind: LinearKind,
): { inFeatures: number; outFeatures: number } {
  const queryWidth = config.headCount * config.headDim
  const keyWidth = config.kvHeadCount * config.headDim
  switch (kind) {
    case 'q_proj':
      return { inFeatures: config.hiddenSize, outFeatures: queryWidth }
    case 'k_proj':
    case 'v_proj':
      return { inFeatures: config.hiddenSize, outFeatures: keyWidth }
    case 'o_proj':
      return { inFeatures: queryWidth, outFeatures: config.hiddenSize }
    case 'gate_proj':
    case 'up_proj':
      return { inFeatures: config.hiddenSize, outFeatures: config.intermediateSize }
    case 'down_proj':
      return { inFeatures: config.intermediateSize, outFeatures: config.hiddenSize }
  }
}

/** The module's full name as transformers gives it, for example `model.layers.0.self_attn.q_proj`. */
export function linearModule(layer: number, kind: LinearKind): string {
  return `model.layers.${layer}.${linearPath(kind)}`
}

/** The module's name within its layer, for example `self_attn.q_proj`. */
export function linearPath(kind: LinearKind): string {
  return `${blockOf(kind)}.${kind}`
}

/** Whether the checkpoint has a bias for this linear kind. */
export function hasBias(config: LlamaConfig, kind: LinearKind): boolean {
  if (blockOf(kind) === 'mlp') return config.mlpBias
  return config.attentionBias === 'qkv' ? kind !== 'o_proj' : config.attentionBias
}

function blockOf(kind: LinearKind): 'self_attn' | 'mlp' {
  switch (kind) {
    case 'q_proj':
    case 'k_proj':
    case 'v_proj':
    case 'o_proj':
      return 'self_attn'
    case 'gate_proj':
    case 'up_proj':
    case 'down_proj':
      return 'mlp'
  }
}
