import { describe, expect, test } from 'vitest'
import { planEpochs } from '../../../src-main/core/training/epochs.ts'
import type { TokenizedExample } from '../../../src-main/core/training/packing.ts'

function example(id: string, length: number, scored = true): TokenizedExample {
  return { id, ids: Array.from({ length }, (_, t) => t), scored: Array.from({ length }, () => scored) }
}

const examples = Array.from({ length: 50 }, (_, i) => example(`e${i}`, 10 + ((i * 7) % 23)))
const settings = { epochs: 3, batchTokens: 100, contextLength: 512, seed: 1 }
const idsOf = (steps: readonly { examples: readonly TokenizedExample[] }[]): string[] =>
  steps.flatMap((step) => step.examples.map(({ id }) => id))

describe('a plan', () => {
  const { steps, unusable } = planEpochs(examples, settings)

  test('takes every example once an epoch, each epoch in another order', () => {
    expect(unusable).toEqual([])
    const orders = [1, 2, 3].map((epoch) => idsOf(steps.filter((step) => step.epoch === epoch)))
    const all = examples.map(({ id }) => id).toSorted()
    for (const order of orders) expect(order.toSorted()).toEqual(all)
    expect(orders[0]).not.toEqual(orders[1])
    const epochs = steps.map(({ epoch }) => epoch)
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
  })

  test('has steps of about batchTokens, the last one too', () => {
    for (const step of steps) {
      expect(step.tokens).toBeGreaterThan(60)
      expect(step.tokens).toBeLessThan(140)
    }
  })

  test('counts what a step scores: all but each first token', () => {
    for (const step of steps) expect(step.scoredTokens).toBe(step.tokens - step.examples.length)
  })

  test('is the same each time, and another with another seed', () => {
    expect(planEpochs(examples, settings).steps).toEqual(steps)
    expect(idsOf(planEpochs(examples, { ...settings, seed: 2 }).steps)).not.toEqual(idsOf(steps))
  })

  test('starts the same when it has more epochs', () => {
    expect(planEpochs(examples, { ...settings, epochs: 5 }).steps.slice(0, steps.length)).toEqual(steps)
  })
})

test('what cannot be learned from is named, not dropped in silence', () => {
  const plan = planEpochs(
    [example('fine', 20), example('long', 513), example('mute', 9, false), example('brim', 512)],
    { ...settings, epochs: 1 },
  )
  expect(plan.unusable).toEqual([
    { id: 'long', reason: 'too-long', tokens: 513 },
    { id: 'mute', reason: 'nothing-scored', tokens: 9 },
  ])
  expect(idsOf(plan.steps).toSorted()).toEqual(['brim', 'fine'])
})

test.each([
  { lengths: [10, 10, 10], batchTokens: 1, steps: 3 },
  { lengths: [10, 10, 10], batchTokens: 1000, steps: 1 },
  { lengths: [500, 10, 10, 10], batchTokens: 100, steps: 4 },
  { lengths: [10, 10, 10, 500], batchTokens: 250, steps: 2 },
])(
  'lengths $lengths in steps of $batchTokens: $steps steps, none empty',
  ({ lengths, batchTokens, steps }) => {
    const list = lengths.map((length, i) => example(`e${i}`, length))
    for (let seed = 0; seed < 8; seed++) {
      const plan = planEpochs(list, { ...settings, epochs: 1, batchTokens, seed })
      expect(plan.steps).toHaveLength(steps)
      for (const step of plan.steps) expect(step.examples.length).toBeGreaterThan(0)
    }
  },
)

test('nothing to learn, no steps', () => {
  expect(planEpochs([], settings)).toEqual({ steps: [], unusable: [] })
})
