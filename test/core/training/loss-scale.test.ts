import { expect, test } from 'vitest'
import { LossScale } from '../../../src-main/core/training/loss-scale.ts'

test('brings the largest number to the middle of what 16 bits hold, by a power of two', () => {
  const scale = new LossScale()
  for (const largest of [3e-9, 0.7, 16, 4e5]) {
    const factor = scale.factorFor(Float32Array.of(largest / 3, -largest, 0))
    expect(Number.isInteger(Math.log2(factor))).toBe(true)
    expect(largest * factor).toBeGreaterThan(11)
    expect(largest * factor).toBeLessThan(23)
  }
})

test('leaves nothing and what is no number alone', () => {
  const scale = new LossScale()
  expect(scale.factorFor(new Float32Array(3))).toBe(1)
  expect(scale.factorFor(Float32Array.of(1, NaN))).toBe(1)
  expect(scale.factorFor(Float32Array.of(1, Infinity))).toBe(1)
})

test('is lowered after overflows, as far as that helps', () => {
  const scale = new LossScale()
  const gradient = Float32Array.of(1)
  expect(scale.factorFor(gradient)).toBe(16)
  expect(scale.lower()).toBe(true)
  expect(scale.factorFor(gradient)).toBe(1 / 4)
  while (scale.lower());
  expect(scale.factorFor(gradient)).toBeGreaterThan(2 ** -26)
  expect(scale.lower()).toBe(false)
})
