/** The numbers of the advanced panel, whose words are in the catalogue. */
import type { Texts } from '../texts/texts.ts'

/** Those that have their words. */
type NumberKey = keyof Texts['personalize']['advanced']['fields']

interface NumberField {
  readonly key: NumberKey
  readonly min: number | undefined
  readonly max: number | undefined
  /** `any` where the number needn't be a whole one. */
  readonly step: number | 'any'
}

export const numberFields: readonly NumberField[] = [
  { key: 'rank', min: 1, max: 4096, step: 1 },
  { key: 'layerShare', min: 0.01, max: 1, step: 'any' },
  { key: 'epochs', min: 1, max: 1000, step: 1 },
  { key: 'replay', min: 0, max: 1000, step: 1 },
  { key: 'learningRate', min: 1e-9, max: 10, step: 'any' },
  { key: 'batchTokens', min: 16, max: 1_000_000, step: 1 },
  { key: 'warmupRatio', min: 0, max: 1, step: 'any' },
  { key: 'weightDecay', min: 0, max: 1, step: 'any' },
  { key: 'clipNorm', min: 0, max: undefined, step: 'any' },
  { key: 'dInitial', min: undefined, max: undefined, step: 'any' },
  { key: 'projectionKey', min: undefined, max: undefined, step: 1 },
  { key: 'seed', min: undefined, max: undefined, step: 1 },
] // prettier-ignore

export const schedules = ['cosine', 'linear', 'constant'] as const

export const targets = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const
