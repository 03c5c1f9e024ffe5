/** Loss points as the columns a plot takes. */
import type { LossPoint } from '../../src-main/contract/entities.ts'

export type LossSet = LossPoint['set']

/** Steps, then one column a set; null where a set has no loss at that step. */
export type LossColumns = [number[], ...(number | null)[][]]

export function lossColumns(points: readonly LossPoint[], sets: readonly LossSet[]): LossColumns {
  const steps = [...new Set(points.map((point) => point.step))].sort((a, b) => a - b)
  const rowOf = new Map(steps.map((step, row) => [step, row]))
  const columns = sets.map((set) => {
    const column = new Array<number | null>(steps.length).fill(null)
    for (const point of points) {
      const row = rowOf.get(point.step)
      if (point.set === set && row !== undefined) column[row] = point.loss
    }
    return column
  })
  return [steps, ...columns]
}
