import { describe, expect, test } from 'vitest'
import { adamw, ADAMW_DEFAULTS } from '../../../src-main/core/training/adamw.ts'
import { clipGradient } from '../../../src-main/core/training/clip.ts'
import { newOptimizerState, oneRate } from '../../../src-main/core/training/optimizer.ts'
import { largestDifference } from '../reference-data.ts'
import { flatGroup, trajectories } from './trajectories.ts'

describe('the first step PyTorch took', () => {
  const runs = trajectories.filter(({ spec }) => spec.kind === 'vera')

  test.each(runs)('$name', ({ name, spec, log }) => {
    const parameters = flatGroup(name, 'init')
    const gradient = flatGroup(name, 'grad_step01')
    const expected = flatGroup(name, 'step01')
    expect(parameters.length).toBeGreaterThan(0)
    clipGradient(gradient, spec.clip ?? 0)
    const optimizer = adamw({ ...ADAMW_DEFAULTS, weightDecay: spec.wd })
    const state = newOptimizerState(optimizer, parameters.length)
    optimizer.step(parameters, gradient, state, log[0]?.lr ?? NaN, oneRate(parameters.length))
    expect(largestDifference(parameters, expected)).toBeLessThan(1e-7)
  })
})

/** The textbook recurrence, one parameter, in double. */
function textbook(start: number, gradients: readonly number[], rate: number, decay: number): number {
  let [parameter, first, second] = [start, 0, 0]
  for (const [i, gradient] of gradients.entries()) {
    const step = i + 1
    first = 0.9 * first + 0.1 * gradient
    second = 0.999 * second + 0.001 * gradient ** 2
    const meanHat = first / (1 - 0.9 ** step)
    const squareHat = second / (1 - 0.999 ** step)
    parameter = parameter - rate * decay * parameter
    parameter = parameter - (rate * meanHat) / (Math.sqrt(squareHat) + 1e-8)
  }
  return parameter
}

test.each([0, 0.01, 0.5])('many steps follow the recurrence, weight decay %d', (weightDecay) => {
  const starts = [0.1, -2, 0]
  const series = starts.map((_, p) =>
    Array.from({ length: 50 }, (__, i) => Math.fround(Math.sin(i * (p + 1)) * 10 ** (p - 3))),
  )
  const parameters = new Float32Array(starts)
  const optimizer = adamw({ ...ADAMW_DEFAULTS, weightDecay })
  const state = newOptimizerState(optimizer, 3)
  for (let i = 0; i < 50; i++) {
    const gradient = Float32Array.from(series, (values) => values[i] ?? NaN)
    optimizer.step(parameters, gradient, state, 0.004, oneRate(3))
  }
  const expected = Float32Array.from(series, (values, p) =>
    textbook(starts[p] ?? NaN, values, 0.004, weightDecay),
  )
  expect(state.stepCount).toBe(50)
  expect(largestDifference(parameters, expected)).toBeLessThan(5e-6)
})

const plain = adamw(ADAMW_DEFAULTS)

test('a rate of zero moves nothing but the state', () => {
  const parameters = Float32Array.of(1, 2)
  const state = newOptimizerState(plain, 2)
  plain.step(parameters, Float32Array.of(1, -1), state, 0, oneRate(2))
  expect(parameters).toEqual(Float32Array.of(1, 2))
  expect(state.moments['first_moment']?.[0]).toBeCloseTo(0.1, 7)
})

test('without a gradient a parameter only decays', () => {
  const parameters = Float32Array.of(1)
  const optimizer = adamw({ ...ADAMW_DEFAULTS, weightDecay: 0.5 })
  optimizer.step(parameters, Float32Array.of(0), newOptimizerState(optimizer, 1), 0.1, oneRate(1))
  expect(parameters[0]).toBe(Math.fround(0.95))
})
