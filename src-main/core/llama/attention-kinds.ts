/** Layers may differ in how far they see and how they rotate; those that don't share their mask and tables. */
import type { LlamaConfig, RopeScaling } from './config.ts'

export interface AttentionKind {
  /** What is put to the names of the inputs `cos`, `sin` and `mask` that serve these layers. */
  readonly suffix: '' | '.windowed'
  /** In tokens, a token itself included; Infinity: everything. */
  readonly window: number
  readonly rotary: RotarySettings
}

export interface RotarySettings {
  readonly headDim: number
  readonly ropeTheta: number
  readonly ropeScaling: RopeScaling
}

/** The kinds that a model's layers are of: one or two. */
export function attentionKinds(config: LlamaConfig): readonly AttentionKind[] {
  const { headDim, ropeTheta, ropeScaling, slidingWindow = Infinity, windowedLayers } = config
  const rotary = { headDim, ropeTheta, ropeScaling }
  if (windowedLayers === undefined) return [{ suffix: '', window: slidingWindow, rotary }]
  const own = config.windowedRopeTheta
  const windowed: RotarySettings =
    own === undefined ? rotary : { headDim, ropeTheta: own, ropeScaling: { type: 'none' } }
  return [
    { suffix: '', window: Infinity, rotary },
    { suffix: '.windowed', window: slidingWindow, rotary: windowed },
  ]
}

/** The suffix of a layer's kind. */
export function attentionSuffix({ windowedLayers }: LlamaConfig, layer: number): AttentionKind['suffix'] {
  return windowedLayers?.includes(layer) ? '.windowed' : ''
}
