/** A model's settings as GGUF metadata: `configFromGguf` taken back. Source: gguf-py `constants.py`. */
import type { GgufEntry } from '../checkpoint/gguf-writer.ts'
import { ggufArchitectureOf } from './architectures.ts'
import type { LlamaConfig } from './config.ts'
import { ropeFactorTensors } from './rope-from-gguf.ts'
import { inverseFrequencies } from './rope.ts'

export function configToGguf(config: LlamaConfig, architectureName: string): Map<string, GgufEntry> {
  const { name } = ggufArchitectureOf(architectureName)
  const entries = new Map<string, GgufEntry>([['general.architecture', { type: 'string', value: name }]])
  const integer = (key: string, value: number): void =>
    void entries.set(`${name}.${key}`, { type: 'u32', value })
  const real = (key: string, value: number): void =>
    void entries.set(`${name}.${key}`, { type: 'f32', value })
  integer('vocab_size', config.vocabularySize)
  integer('context_length', config.contextLength)
  integer('embedding_length', config.hiddenSize)
  integer('block_count', config.layerCount)
  integer('feed_forward_length', config.intermediateSize)
  integer('attention.head_count', config.headCount)
  integer('attention.head_count_kv', config.kvHeadCount)
  integer('attention.key_length', config.headDim)
  integer('attention.value_length', config.headDim)
  integer('rope.dimension_count', config.headDim)
  real('attention.layer_norm_rms_epsilon', config.normEpsilon)
  real('rope.freq_base', config.ropeTheta)
  // Layers may be of two kinds although the window that they differ in is as long as the context.
  const window = config.slidingWindow ?? (config.windowedLayers && config.contextLength)
  if (window !== undefined) integer('attention.sliding_window', window)
  const { ropeScaling } = config
  if (ropeScaling.type === 'linear' || ropeScaling.type === 'yarn') {
    entries.set(`${name}.rope.scaling.type`, { type: 'string', value: ropeScaling.type })
    real('rope.scaling.factor', ropeScaling.factor)
  }
  if (ropeScaling.type === 'yarn') {
    const { factor, attentionFactor } = ropeScaling
    integer('rope.scaling.original_context_length', ropeScaling.originalContextLength)
    real('rope.scaling.yarn_beta_fast', ropeScaling.betaFast)
    real('rope.scaling.yarn_beta_slow', ropeScaling.betaSlow)
    // llama.cpp multiplies it by YaRN's own factor.
    real('rope.scaling.attn_factor', attentionFactor / (0.1 * Math.log(Math.max(factor, 1)) + 1))
  }
  if (ropeScaling.type === 'divisors') {
    integer('rope.scaling.original_context_length', config.contextLength)
    real('rope.scaling.attn_factor', ropeScaling.attentionFactor)
  }
  const { scoreCap, logitCap, windowedRopeTheta } = config
  if (windowedRopeTheta !== undefined) real('rope.freq_base_swa', windowedRopeTheta)
  if (scoreCap !== undefined) real('attn_logit_softcapping', scoreCap)
  if (logitCap !== undefined) real('final_logit_softcapping', logitCap)
  return entries
}

/**
 * The tensors that say by how much each rotary frequency is divided, `[headDim / 2]` each; none where the metadata say
 * it, or where files of the architecture have none.
 */
export function ropeFactors(
  config: LlamaConfig,
  architectureName: string,
): readonly { readonly name: string; readonly values: Float32Array }[] {
  const { type } = config.ropeScaling
  if (type !== 'llama3' && type !== 'divisors') return []
  const plain = inverseFrequencies({ ...config, ropeScaling: { type: 'none' } })
  const scaled = inverseFrequencies(config)
  const values = plain.map((frequency, index) => frequency / (scaled[index] ?? 1))
  const { architecture } = ggufArchitectureOf(architectureName)
  return architecture.ropeFactors.map((use) => ({ name: ropeFactorTensors[use], values }))
}
