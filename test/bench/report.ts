import type { Benchmark } from './benchmark.ts'
import type { Measurement } from './measure.ts'

/** A line a variant: times, the ratio of its median to the first variant's (below 1 is faster), the rate. */
export function report(benchmark: Benchmark, measurements: readonly Measurement[]): string {
  const baseline = measurements[0]?.medianMs ?? NaN
  const width = Math.max(...measurements.map(({ name }) => name.length))
  const lines = measurements.map(({ name, minMs, medianMs }) =>
    [
      `  ${name.padEnd(width)}`,
      `min ${milliseconds(minMs)}`,
      `median ${milliseconds(medianMs)}`,
      `ratio ${(medianMs / baseline).toFixed(2)}`,
      ...(benchmark.amount === undefined ? [] : [rate(benchmark.amount, medianMs)]),
    ].join('  '),
  )
  return [`${benchmark.name}: ${benchmark.description}`, ...lines].join('\n')
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 2 : 0).padStart(8)} ms`
}

function rate({ count, unit }: { readonly count: number; readonly unit: string }, ms: number): string {
  return `${((count * 1000) / ms).toPrecision(3)} ${unit}/s`
}
