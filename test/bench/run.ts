/**
 * Speed, measured: `npm run bench [-- --only NAME ...] [--rounds N]`. Prints times and ratios; judges nothing.
 *
 * Run it on a machine that does nothing else.
 */
import { parseArgs } from 'node:util'
import type { Benchmark } from './benchmark.ts'
import { decode, prefill } from './benchmarks/chat.ts'
import { codecs } from './benchmarks/codecs.ts'
import { training } from './benchmarks/training.ts'
import { measure } from './measure.ts'
import { report } from './report.ts'

/** All there are, in the order they run. */
const benchmarks: readonly Benchmark[] = [training, prefill, decode, codecs]

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, rounds: { type: 'string', default: '5' } },
})
const rounds = Number(values.rounds)
const names = benchmarks.map(({ name }) => name)
const unknown = (values.only ?? []).filter((name) => !names.includes(name))
if (!Number.isInteger(rounds) || rounds < 1)
  usage(`--rounds takes a whole number from 1, not “${values.rounds}”.`)
if (unknown.length > 0)
  usage(`There is no benchmark “${unknown.join('”, “')}”; there are ${names.join(', ')}.`)

for (const benchmark of benchmarks) {
  if (values.only !== undefined && !values.only.includes(benchmark.name)) continue
  const prepared = await benchmark.prepare()
  if (prepared === null) continue
  try {
    console.log(report(benchmark, await measure(prepared.variants, rounds)))
  } finally {
    await prepared.close?.()
  }
}

function usage(message: string): never {
  console.error(message)
  process.exit(2)
}
