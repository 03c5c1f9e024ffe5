import { describe, expect, test } from 'vitest'
import { learningRateAt, warmupStepsOf } from '../../../src-main/core/training/schedule.ts'
import { trajectories } from './trajectories.ts'

describe('the learning rates transformers logged', () => {
  test.each(trajectories)('$name', ({ spec, log }) => {
    const kind = spec.warmup === null ? 'constant' : 'cosine'
    const schedule = { kind, peak: spec.lr, warmupSteps: spec.warmup ?? 0, totalSteps: spec.steps } as const
    for (const { step, lr } of log) expect(learningRateAt(schedule, step - 1)).toBeCloseTo(lr, 16)
  })
})

test('linear goes down evenly to one step short of zero', () => {
  const schedule = { kind: 'linear', peak: 1, warmupSteps: 2, totalSteps: 6 } as const
  expect([0, 1, 2, 3, 4, 5, 6].map((step) => learningRateAt(schedule, step))).toEqual([
    0, 0.5, 1, 0.75, 0.5, 0.25, 0,
  ])
})

test('constant stays where the rise ends', () => {
  const schedule = { kind: 'constant', peak: 2, warmupSteps: 1, totalSteps: 3 } as const
  expect([0, 1, 2].map((step) => learningRateAt(schedule, step))).toEqual([0, 2, 2])
})

test('nothing rises again behind the last step', () => {
  const schedule = { kind: 'linear', peak: 1, warmupSteps: 0, totalSteps: 2 } as const
  expect(learningRateAt(schedule, 5)).toBe(0)
})

test('a run of one step with a rise, and a run without any step left to fall', () => {
  expect(learningRateAt({ kind: 'cosine', peak: 1, warmupSteps: 0, totalSteps: 1 }, 0)).toBe(1)
  expect(learningRateAt({ kind: 'cosine', peak: 1, warmupSteps: 3, totalSteps: 3 }, 2)).toBeCloseTo(2 / 3, 15)
  expect(learningRateAt({ kind: 'cosine', peak: 1, warmupSteps: 3, totalSteps: 3 }, 3)).toBe(1)
})

test('the rise is a share of the steps, rounded up', () => {
  expect(warmupStepsOf(0.1, 41)).toBe(5)
  expect(warmupStepsOf(0, 41)).toBe(0)
})
