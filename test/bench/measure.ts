import type { Variant } from './benchmark.ts'

export interface Measurement {
  readonly name: string
  readonly minMs: number
  readonly medianMs: number
}

/**
 * Times the variants in interleaved rounds, after one round to warm up: what the machine does meanwhile hits
 * all of them alike, and each round starts with another one.
 */
export async function measure(
  variants: readonly Variant[],
  rounds: number,
  now: () => number = () => performance.now(),
): Promise<Measurement[]> {
  const times = variants.map((): number[] => [])
  for (const variant of variants) {
    await variant.before?.()
    await variant.run()
  }
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < variants.length; turn++) {
      const index = (round + turn) % variants.length
      await variants[index]?.before?.()
      const start = now()
      await variants[index]?.run()
      times[index]?.push(now() - start)
    }
  }
  return variants.map(({ name }, index) => {
    const sorted = (times[index] ?? []).toSorted((a, b) => a - b)
    return { name, minMs: sorted[0] ?? NaN, medianMs: median(sorted) }
  })
}

/** The median of the variant `name`; NaN where it was not measured. */
export function medianOf(measurements: readonly Measurement[], name: string): number {
  return measurements.find((measurement) => measurement.name === name)?.medianMs ?? NaN
}

/** Of ascending numbers; the mean of the middle two where their count is even. */
export function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? NaN
  const lower = sorted[Math.ceil(middle) - 1] ?? NaN
  return (lower + upper) / 2
}
