import { expect } from 'vitest'

export interface Tolerance {
  readonly absolute: number
  readonly relative: number
}

/** Every value within `absolute + relative · |expected|`; names the worst one otherwise. */
export function expectClose(
  actual: ArrayLike<number> | undefined,
  expected: ArrayLike<number>,
  { absolute, relative }: Tolerance,
  what: string,
): void {
  expect(actual?.length, `the length of ${what}`).toBe(expected.length)
  let worst = 0
  let message = ''
  for (let i = 0; i < expected.length; i++) {
    const [is, should] = [actual?.[i] ?? Number.NaN, expected[i] ?? Number.NaN]
    const excess = Math.abs(is - should) / (absolute + relative * Math.abs(should))
    if (excess <= worst) continue
    worst = Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess
    message = `${what}[${i}] is ${is}, not ${should}`
  }
  expect(worst, message).toBeLessThanOrEqual(1)
}
