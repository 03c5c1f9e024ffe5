import { describe, expect, test } from 'vitest'
import { measure, median } from './measure.ts'
import { report } from './report.ts'

/** Variants that advance a clock of their own by the given times, one a run. */
function clockwork(runs: Record<string, readonly number[]>) {
  let clock = 0
  const order: string[] = []
  const variants = Object.entries(runs).map(([name, times]) => {
    let turn = 0
    const run = (): void => {
      order.push(name)
      clock += times[turn++] ?? NaN
    }
    return { name, run }
  })
  return { variants, order, now: () => clock }
}

describe('measure', () => {
  test('warms up unmeasured, then interleaves and lets another variant begin each round', async () => {
    const { variants, order, now } = clockwork({ a: [900, 3, 1, 2], b: [900, 30, 10, 20] })

    const measurements = await measure(variants, 3, now)

    expect(order).toEqual(['a', 'b', 'a', 'b', 'b', 'a', 'a', 'b'])
    expect(measurements).toEqual([
      { name: 'a', minMs: 1, medianMs: 2 },
      { name: 'b', minMs: 10, medianMs: 20 },
    ])
  })

  test('takes the mean of the middle two as the median of an even count', () => {
    expect(median([1, 2, 4, 9])).toBe(3)
    expect(median([5])).toBe(5)
  })
})

test('the report sets each median against the first, and gives a rate', () => {
  const benchmark = {
    name: 'decode',
    description: 'One answer.',
    amount: { count: 64, unit: 'tokens' },
    prepare: async () => null,
  }
  const text = report(benchmark, [
    { name: 'plain', minMs: 1500, medianMs: 2000 },
    { name: 'fast', minMs: 400, medianMs: 500 },
  ])

  expect(text.split('\n')).toEqual([
    'decode: One answer.',
    '  plain  min     1500 ms  median     2000 ms  ratio 1.00  32.0 tokens/s',
    '  fast   min      400 ms  median      500 ms  ratio 0.25  128 tokens/s',
  ])
})
