import { expect, test } from 'vitest'
import { splitHeldOut } from '../../../src-main/core/training/held-out.ts'

const items = Array.from({ length: 20 }, (_, i) => i)

test('every item is in one part, in its order, and the seed decides which', () => {
  const split = splitHeldOut(items, 0.2, 1)
  expect(split.heldOut).toHaveLength(4)
  expect([...split.training, ...split.heldOut].toSorted((a, b) => a - b)).toEqual(items)
  expect(split.training).toEqual(split.training.toSorted((a, b) => a - b))
  expect(split.heldOut).toEqual(split.heldOut.toSorted((a, b) => a - b))
  expect(splitHeldOut(items, 0.2, 1)).toEqual(split)
  expect(splitHeldOut(items, 0.2, 2)).not.toEqual(split)
})

test.each([
  [0, 0.5, 0, 0],
  [1, 0.5, 1, 0],
  [2, 0.5, 1, 1],
  [3, 0.1, 3, 0],
  [5, 0, 5, 0],
  [5, 1, 1, 4],
])('%d items at ratio %d: %d to train on, %d held out', (count, ratio, training, heldOut) => {
  const split = splitHeldOut(items.slice(0, count), ratio, 3)
  expect([split.training.length, split.heldOut.length]).toEqual([training, heldOut])
})
