import { expect, test } from 'vitest'
import {
  keepBetter,
  newHeldOutRecord,
  runsOutOfPatience,
  withMeasurement,
} from '../../../src-main/core/training/held-out-record.ts'
import { updateAverage } from '../../../src-main/core/training/moving-average.ts'

test('patience ends after as many measurements that were no better', () => {
  const losses = [3, 2, 2, 2.5, NaN]
  const ends: boolean[] = []
  let record = newHeldOutRecord
  for (const [index, loss] of losses.entries()) {
    record = withMeasurement(record, index + 1, loss)
    ends.push(runsOutOfPatience(record, 3))
  }
  expect(ends).toEqual([false, false, false, false, true])
  expect(record).toMatchObject({ measuredStep: 5, bestLoss: 2, sinceBest: 3 })
  expect(runsOutOfPatience(record, 0)).toBe(false)
})

test('a better loss is kept with a copy of its vectors, an equal one or none is not', () => {
  const vectors = Float32Array.of(1)
  const first = keepBetter(null, { vectors, seedIndex: 0, step: 4, loss: 2 })
  vectors[0] = 9
  expect(first.vectors).toEqual(Float32Array.of(1))
  expect(keepBetter(first, { ...first, step: 8 })).toBe(first)
  expect(keepBetter(first, { ...first, loss: NaN })).toBe(first)
  expect(keepBetter(first, { ...first, step: 8, loss: 1 })).toMatchObject({ step: 8, loss: 1 })
})

test('the average follows fast at first, then with its decay', () => {
  const average = Float32Array.of(0)
  updateAverage(average, Float32Array.of(1), 0.99, 1)
  expect(average[0]).toBeCloseTo(1 - 2 / 11, 6)
  average[0] = 0
  updateAverage(average, Float32Array.of(1), 0.5, 1_000_000)
  expect(average[0]).toBe(0.5)
})
