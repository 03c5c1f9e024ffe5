/** A model's settings as GGUF metadata: `configFromGguf` taken back. Source: gguf-py `constants.py`. */
import type { GgufEntry } from '../checkpoint/gguf-writer.ts'
import { ggufArchitectureOf } from './architectures.ts'
import type { LlamaConfig } from './config.ts'
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
  if (config.slidingWindow !== undefined) integer('attention.sliding_window', config.slidingWindow)
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
  return entries
}

/** By how much each rotary frequency is divided, `[headDim / 2]`; null where the metadata say it. */
export function ropeFactors(config: LlamaConfig): Float32Array | null {
  if (config.ropeScaling.type !== 'llama3') return null
  const plain = inverseFrequencies({ ...config, ropeScaling: { type: 'none' } })
  const scaled = inverseFrequencies(config)
  return plain.map((frequency, index) => frequency / (scaled[index] ?? 1))
}
