import { expect, test } from 'vitest'
import { timeToLoss } from './time-to-loss.ts'

const curve = (...points: readonly (readonly [seconds: number, loss: number])[]) => ({
  points: points.map(([seconds, loss]) => ({ seconds, loss })),
})

test('the loss is the best that both reach, met between two measurements', () => {
  const slow = curve([0, 4], [10, 2], [20, 1])
  const fast = curve([0, 4], [2, 2], [4, 0], [6, 3])
  expect(timeToLoss(slow, fast)).toEqual([20, 3])
  expect(timeToLoss(fast, slow)).toEqual([3, 20])
})

test('a curve that begins at the loss needs no time but that of its measurement', () => {
  expect(timeToLoss(curve([1, 2]), curve([0, 5], [3, 2]))).toEqual([1, 3])
})
