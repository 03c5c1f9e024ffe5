import { expect, test } from 'vitest'
import { compareLogits } from '../../../src-main/engine/export/parity.ts'

const rows = (...values: number[]): Float32Array[] => [Float32Array.from(values)]

test('equal logits are no distance apart', () => {
  const parity = compareLogits(rows(1, 2, 3, 0), rows(1, 2, 3, 0), 2)
  expect(parity).toEqual({
    prompts: 1,
    tokens: 2,
    largestDifference: 0,
    meanDivergence: 0,
    largestDivergence: 0,
    sameChoices: 1,
  })
})

test('the divergence is that of the probabilities', () => {
  // 1/2, 1/2 against 3/4, 1/4: ½ ln(½ / ¾) + ½ ln(½ / ¼); the second token is the same but for a constant.
  const parity = compareLogits(rows(0, 0, 5, 1), rows(Math.log(3), 0, 7, 3), 2)
  const expected = 0.5 * Math.log(2 / 3) + 0.5 * Math.log(2)
  expect(parity.largestDivergence).toBeCloseTo(expected, 6)
  expect(parity.meanDivergence).toBeCloseTo(expected / 2, 6)
  expect(parity.largestDifference).toBeCloseTo(2, 6)
})

test('another likeliest token is counted', () => {
  expect(compareLogits(rows(1, 0, 0, 1), rows(0, 1, 0, 1), 2).sameChoices).toBe(0.5)
})

test.each([
  ['missing logits', [] as Float32Array[]],
  ['too few', rows(1)],
  ['no numbers', rows(NaN, 0)],
])('%s are never near enough', (_name, actual) => {
  const { largestDivergence, largestDifference } = compareLogits(rows(1, 0), actual, 2)
  expect(largestDivergence <= 1e9).toBe(false)
  expect(largestDifference <= 1e9).toBe(false)
})
