import type { LabelWeights } from '../../../src-main/core/training/objective.ts'

/** Every label counts the same. */
export function equalWeights(weight: number): LabelWeights {
  return (losses) => losses.map(() => weight)
}
