import { describe, expect, test } from 'vitest'
import { clipGradient, gradientNorm } from '../../../src-main/core/training/clip.ts'
import { flatGroup, trajectories } from './trajectories.ts'

/** The gradients of LoRA's runs are not in the fixtures. */
const runs = trajectories.filter(({ spec }) => spec.kind === 'vera')

describe('the gradient norms PyTorch logged', () => {
  test.each(runs)('$name', ({ name, spec, log }) => {
    const gradient = flatGroup(name, 'grad_step01')
    expect(gradient.length).toBeGreaterThan(0)
    const expected = log[0]?.grad_norm_before_clip ?? NaN
    const limit = spec.clip ?? 0
    expect(Math.abs(clipGradient(gradient, limit) - expected) / expected).toBeLessThan(1e-6)
    const after = limit === 0 ? expected : Math.min(expected, limit)
    expect(Math.abs(gradientNorm(gradient) - after) / after).toBeLessThan(1e-4)
  })
})

test('a long gradient is scaled by maxNorm / (norm + 1e-6)', () => {
  const gradient = Float32Array.of(3, 0, 4)
  expect(clipGradient(gradient, 1)).toBe(5)
  const scale = Math.fround(1 / (5 + 1e-6))
  expect(gradient).toEqual(Float32Array.of(3 * scale, 0, 4 * scale))
})

test('a short one, and any at maxNorm 0, stays', () => {
  const gradient = Float32Array.of(3, 4)
  expect(clipGradient(gradient, 6)).toBe(5)
  expect(clipGradient(gradient, 0)).toBe(5)
  expect(gradient).toEqual(Float32Array.of(3, 4))
})

test('a gradient that is not finite shows in the norm and is left alone', () => {
  const gradient = Float32Array.of(1, NaN)
  expect(clipGradient(gradient, 1)).toBeNaN()
  expect(gradient[0]).toBe(1)
  expect(clipGradient(Float32Array.of(Infinity, 1), 1)).toBe(Infinity)
})
