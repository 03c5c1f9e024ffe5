/** The numbers of the advanced panel, each with its one line. */
import type { TrainingSettings } from '../../src-main/contract/entities.ts'

type NumberKey = {
  [K in keyof TrainingSettings]: TrainingSettings[K] extends number ? K : never
}[keyof TrainingSettings]

interface NumberField {
  readonly key: NumberKey
  readonly label: string
  readonly hint: string
  readonly min: number | undefined
  readonly max: number | undefined
  /** `any` where the number needn't be a whole one. */
  readonly step: number | 'any'
}

export const numberFields: readonly NumberField[] = [
  { key: 'rank', label: 'Rank', hint: 'How many directions the addition can use; more can hold more, and costs more time.', min: 1, max: 4096, step: 1 },
  { key: 'layerShare', label: 'Share of layers', hint: 'The upper share of the layers that learns; what is below is computed only once, so less is faster.', min: 0.01, max: 1, step: 'any' },
  { key: 'epochs', label: 'Epochs', hint: 'How often every example is seen.', min: 1, max: 1000, step: 1 },
  { key: 'replay', label: 'General questions', hint: 'How many are learned along with the model’s own answers, so that it forgets less; 0 is none.', min: 0, max: 1000, step: 1 },
  { key: 'learningRate', label: 'Learning rate', hint: 'How large each correction is; too large and the loss jumps.', min: 1e-9, max: 10, step: 'any' },
  { key: 'batchTokens', label: 'Tokens a step', hint: 'How many tokens are read between two corrections.', min: 16, max: 1_000_000, step: 1 },
  { key: 'warmupRatio', label: 'Warm-up share', hint: 'Share of the steps in which the learning rate rises to its full value.', min: 0, max: 1, step: 'any' },
  { key: 'weightDecay', label: 'Weight decay', hint: 'Pulls the learned numbers towards zero; 0 is off.', min: 0, max: 1, step: 'any' },
  { key: 'clipNorm', label: 'Largest gradient', hint: 'A correction longer than this norm is shortened to it; 0 is off.', min: 0, max: undefined, step: 'any' },
  { key: 'dInitial', label: 'Initial d', hint: 'What every lambda_d starts from.', min: undefined, max: undefined, step: 'any' },
  { key: 'projectionKey', label: 'Projection key', hint: 'The seed of the frozen random projections A and B; kept with the assistant.', min: undefined, max: undefined, step: 1 },
  { key: 'seed', label: 'Seed', hint: 'The order of the examples; the same seed gives the same run.', min: undefined, max: undefined, step: 1 },
] // prettier-ignore

export const schedules = [
  { value: 'cosine', name: 'Cosine: falls slowly, then fast, then slowly' },
  { value: 'linear', name: 'Linear: falls evenly' },
  { value: 'constant', name: 'Constant' },
] as const

export const targets = [
  { value: 'q_proj', name: 'Query' },
  { value: 'k_proj', name: 'Key' },
  { value: 'v_proj', name: 'Value' },
  { value: 'o_proj', name: 'Output' },
  { value: 'gate_proj', name: 'Gate' },
  { value: 'up_proj', name: 'Up' },
  { value: 'down_proj', name: 'Down' },
] as const
