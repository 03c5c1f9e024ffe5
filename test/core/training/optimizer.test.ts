import { describe, expect, test } from 'vitest'
import { adamw, ADAMW_DEFAULTS } from '../../../src-main/core/training/adamw.ts'
import {
  newOptimizerState,
  oneRate,
  type Optimizer,
  rateGroups,
} from '../../../src-main/core/training/optimizer.ts'
import { sgd } from '../../../src-main/core/training/sgd.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { largestDifference } from '../reference-data.ts'
import { llamaConfig } from '../vera/llama-config.ts'

const optimizers: readonly (readonly [string, Optimizer])[] = [
  ['adamw', adamw(ADAMW_DEFAULTS)],
  ['sgd', sgd({ momentum: 0.9, weightDecay: 0.01 })],
]
const gradientAt = (step: number): Float32Array =>
  Float32Array.from([0.3, -0.1, 2], (size, i) => size * Math.sin(step * (i + 1)))

describe.each(optimizers)('%s', (_, optimizer) => {
  test('from a copied state goes on exactly where it stopped', () => {
    const whole = Float32Array.of(1, 1, -1)
    const state = newOptimizerState(optimizer, 3)
    for (let i = 1; i <= 3; i++) optimizer.step(whole, gradientAt(i), state, 0.01, oneRate(3))
    const resumed = whole.slice()
    const copy = structuredClone(state)
    for (let i = 4; i <= 6; i++) {
      optimizer.step(whole, gradientAt(i), state, 0.01, oneRate(3))
      optimizer.step(resumed, gradientAt(i), copy, 0.01, oneRate(3))
    }
    expect(resumed).toEqual(whole)
    expect(copy).toEqual(state)
  })

  test('steps each group as if its rate were that of all', () => {
    const start = Float32Array.of(1, 1, -1)
    const run = (rate: number, groups: ReturnType<typeof oneRate>) => {
      const parameters = start.slice()
      const state = newOptimizerState(optimizer, 3)
      for (let i = 1; i <= 5; i++) optimizer.step(parameters, gradientAt(i), state, rate, groups)
      return parameters
    }
    const grouped = run(0.01, [
      { start: 0, end: 1, scale: 0 },
      { start: 1, end: 3, scale: 4 },
    ])
    expect(grouped[0]).toBe(start[0])
    expect(grouped.subarray(1)).toEqual(run(0.04, oneRate(3)).subarray(1))
    expect(grouped.subarray(1)).not.toEqual(run(0.01, oneRate(3)).subarray(1))
  })
})

test('sgd follows the recurrence of torch.optim.SGD', () => {
  const [momentum, weightDecay, rate] = [0.9, 0.05, 0.02]
  const optimizer = sgd({ momentum, weightDecay })
  const parameters = Float32Array.of(1, -2, 0.5)
  const state = newOptimizerState(optimizer, 3)
  const expected = [1, -2, 0.5]
  const velocity = [0, 0, 0]
  for (let step = 1; step <= 20; step++) {
    optimizer.step(parameters, gradientAt(step), state, rate, oneRate(3))
    for (const [i, slope] of gradientAt(step).entries()) {
      const before = expected[i] ?? NaN
      // PyTorch's buffer begins as the first gradient, which momentum times zero gives as well.
      velocity[i] = momentum * (velocity[i] ?? NaN) + slope + weightDecay * before
      expected[i] = before - rate * (velocity[i] ?? NaN)
    }
  }
  expect(state.stepCount).toBe(20)
  expect(largestDifference(parameters, new Float32Array(expected))).toBeLessThan(2e-6)
})

test('the groups of an adapter are its λ_d and λ_b, one where both have the same rate', () => {
  const layout = layoutVera(llamaConfig({}), { rank: 2, targets: ['q_proj', 'down_proj'], layers: null })
  expect(rateGroups(layout, { lambdaD: 2, lambdaB: 2 })).toEqual([{ start: 0, end: layout.length, scale: 2 }])
  const groups = rateGroups(layout, { lambdaD: 3, lambdaB: 0.5 })
  const scales = new Float32Array(layout.length)
  for (const { start, end, scale } of groups) scales.fill(scale, start, end)
  const expected = new Float32Array(layout.length).fill(0.5)
  for (const { name, start } of layout.sites.flatMap((site) => site.parts)) {
    if (name === 'lambda_d') expected.fill(3, start, start + 2)
  }
  expect(scales).toEqual(expected)
})
