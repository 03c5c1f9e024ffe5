/** Every setting of the advanced panel in its group: how it is entered, and when it counts. Words are in the catalogue. */
import type { TrainingSettings } from '../../src-main/contract/entities.ts'
import { layersText, parseLayers, parseRanks, ranksText } from './layer-texts.ts'

export type SettingKey = keyof TrainingSettings

type KeysOf<T> = { [K in SettingKey]: TrainingSettings[K] extends T ? K : never }[SettingKey]

/** How a setting is entered. */
export type Entry =
  /** `step` is `any` where the number needn't be a whole one. */
  | {
      readonly kind: 'number'
      readonly key: KeysOf<number>
      readonly min?: number
      readonly max?: number
      readonly step: number | 'any'
    }
  | { readonly kind: 'flag'; readonly key: KeysOf<boolean> }
  | { readonly kind: 'choice'; readonly key: ChoiceKey; readonly values: readonly string[] }
  | { readonly kind: 'kinds'; readonly key: 'targets' }
  /** A text that stands for something else; `read` gives null where it can't be read. */
  | {
      readonly kind: 'text'
      readonly key: 'layers' | 'ranks' | 'alpha'
      readonly show: (settings: TrainingSettings) => string
      readonly read: (text: string) => Partial<TrainingSettings> | null
    }

export type ChoiceKey = 'method' | 'bias' | 'schedule' | 'optimizer' | 'keep' | 'preferences'

export type AdvancedField = Entry & {
  /** Where it is left out, it always counts. */
  readonly countsIf?: (settings: TrainingSettings) => boolean
}

const targets = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const
export const targetKinds: TrainingSettings['targets'] = [...targets]

const isVera = ({ method }: TrainingSettings) => method === 'vera'
const isLora = ({ method }: TrainingSettings) => method === 'lora'

export const advancedGroups: Readonly<
  Record<'learning' | 'place' | 'steps' | 'checks', readonly AdvancedField[]>
> = {
  learning: [
    { kind: 'number', key: 'epochs', min: 1, max: 1000, step: 1 },
    { kind: 'number', key: 'learningRate', min: 1e-9, max: 10, step: 'any' },
    { kind: 'number', key: 'replay', min: 0, max: 1000, step: 1 },
    { kind: 'choice', key: 'preferences', values: ['off', 'together', 'only'] },
    { kind: 'number', key: 'preferenceBeta', min: 0.001, max: 10, step: 'any', countsIf: ({ preferences }) => preferences !== 'off' },
  ],
  place: [
    { kind: 'choice', key: 'method', values: ['vera', 'lora'] },
    { kind: 'number', key: 'rank', min: 1, max: 4096, step: 1 },
    { kind: 'number', key: 'layerShare', min: 0.01, max: 1, step: 'any', countsIf: ({ layers }) => layers === null },
    { kind: 'text', key: 'layers', show: ({ layers }) => layersText(layers), read: parseLayers },
    { kind: 'text', key: 'ranks', show: ({ ranks }) => ranksText(ranks), read: parseRanks },
    { kind: 'choice', key: 'bias', values: ['none', 'adapted', 'all'] },
    { kind: 'number', key: 'dropout', min: 0, max: 0.99, step: 'any' },
    { kind: 'number', key: 'dInitial', step: 'any', countsIf: isVera },
    { kind: 'number', key: 'projectionKey', min: 0, max: 2 ** 32 - 1, step: 1 },
    { kind: 'text', key: 'alpha', show: ({ alpha }) => String(alpha ?? ''), read: parseAlpha, countsIf: isLora },
    { kind: 'flag', key: 'rsLora', countsIf: isLora },
    { kind: 'kinds', key: 'targets' },
  ],
  steps: [
    { kind: 'number', key: 'batchTokens', min: 16, max: 1_000_000, step: 1 },
    { kind: 'choice', key: 'schedule', values: ['cosine', 'linear', 'constant'] },
    { kind: 'number', key: 'warmupRatio', min: 0, max: 1, step: 'any' },
    { kind: 'choice', key: 'optimizer', values: ['adamw', 'sgd'] },
    { kind: 'number', key: 'momentum', min: 0, max: 0.9999, step: 'any', countsIf: ({ optimizer }) => optimizer === 'sgd' },
    { kind: 'number', key: 'lambdaDRate', min: 0, max: 1000, step: 'any', countsIf: isVera },
    { kind: 'number', key: 'lambdaBRate', min: 0, max: 1000, step: 'any', countsIf: isVera },
    { kind: 'number', key: 'weightDecay', min: 0, max: 1, step: 'any' },
    { kind: 'number', key: 'clipNorm', min: 0, step: 'any' },
    { kind: 'number', key: 'averageDecay', min: 0, max: 0.99999, step: 'any' },
    { kind: 'number', key: 'seed', min: 0, max: 2 ** 32 - 1, step: 1 },
  ],
  checks: [
    { kind: 'number', key: 'evaluations', min: 1, max: 1000, step: 1 },
    { kind: 'number', key: 'patience', min: 0, max: 1000, step: 1 },
    { kind: 'choice', key: 'keep', values: ['last', 'best'] },
    { kind: 'number', key: 'seeds', min: 1, max: 100, step: 1 },
  ],
} // prettier-ignore

/** What an assistant that is trained on must keep as it is. */
export const shapeKeys: ReadonlySet<SettingKey> = new Set([
  'method',
  'rank',
  'layerShare',
  'layers',
  'ranks',
  'bias',
  'dInitial',
  'projectionKey',
  'alpha',
  'rsLora',
  'targets',
])

/** Empty is null: alpha is the rank then. */
function parseAlpha(text: string): Partial<TrainingSettings> | null {
  if (text.trim() === '') return { alpha: null }
  const alpha = Number(text)
  return alpha > 0 && alpha <= 1e6 ? { alpha } : null
}
