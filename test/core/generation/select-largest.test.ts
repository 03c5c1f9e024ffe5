import { describe, expect, test } from 'vitest'
import { selectLargest } from '../../../src-main/core/generation/select-largest.ts'
import { TorchGenerator } from '../../../src-main/core/vera/random.ts'

/** The same by sorting: highest score first, of equals the lowest id, until the weights reach the target. */
function bySorting(scores: Float32Array, weights: Float64Array | null, target: number): number[] {
  const order = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
  const chosen: number[] = []
  let sum = 0
  for (const id of order) {
    if (sum >= target) break
    chosen.push(id)
    sum += weights === null ? 1 : (weights[id] ?? NaN)
  }
  return chosen.toSorted((a, b) => a - b)
}

function select(scores: Float32Array, weights: Float64Array | null, target: number): number[] {
  const ids = Int32Array.from(scores.keys())
  const count = selectLargest(ids, ids.length, scores, weights, target)
  expect(ids.toSorted()).toEqual(Int32Array.from(scores.keys()))
  return [...ids.subarray(0, count)].toSorted((a, b) => a - b)
}

describe('selects what sorting would', () => {
  const generator = new TorchGenerator(1)
  // Few different values make many ties.
  test.each([1, 2, 7, 100, 1000])('%d scores', (length) => {
    for (const distinct of [1, 3, 50, 1e6]) {
      const scores = Float32Array.from({ length }, () => Math.floor(generator.float64() * distinct))
      // Quarters add up exactly in any order, so that the two sums agree.
      const weights = Float64Array.from({ length }, () => Math.floor(generator.float64() * 8) / 4)
      for (const k of [0, 1, 2, length - 1, length, length + 5]) {
        expect(select(scores, null, k)).toEqual(bySorting(scores, null, k))
      }
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      for (const share of [0.1, 0.5, 0.99]) {
        expect(select(scores, weights, share * total)).toEqual(bySorting(scores, weights, share * total))
      }
    }
  })
})

test('only the first `count` ids are looked at', () => {
  const ids = Int32Array.of(2, 0, 1)
  expect(selectLargest(ids, 2, Float32Array.of(5, 9, 6), null, 1)).toBe(1)
  expect(ids).toEqual(Int32Array.of(2, 0, 1))
})

test('infinitely low scores come last', () => {
  expect(select(Float32Array.of(-Infinity, 1, -Infinity, 0), null, 2)).toEqual([1, 3])
  expect(select(Float32Array.of(-Infinity, -Infinity), null, 1)).toEqual([0])
})
