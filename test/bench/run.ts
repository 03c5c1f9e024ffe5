/**
 * Speed, measured: `npm run bench [-- --only NAME ...] [--rounds N]`. Prints times and ratios; judges nothing.
 *
 * Run it on a machine that does nothing else.
 */
import { parseArgs } from 'node:util'
import type { Benchmark, Study } from './benchmark.ts'
import { decode, prefill } from './benchmarks/chat.ts'
import { codecs } from './benchmarks/codecs.ts'
import { learning } from './benchmarks/learning.ts'
import { training } from './benchmarks/training.ts'
import { measure } from './measure.ts'
import { report } from './report.ts'

/** All there are, in the order they run. */
const benchmarks: readonly Benchmark[] = [training, prefill, decode, codecs]

/** Only run when they are named: they take many minutes. */
const studies: readonly Study[] = [learning]

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, rounds: { type: 'string', default: '5' } },
})
const rounds = Number(values.rounds)
const names = [...benchmarks, ...studies].map(({ name }) => name)
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

for (const study of studies) {
  if (values.only?.includes(study.name) !== true) continue
  console.error(`${study.name}: ${study.description}`)
  console.log(JSON.stringify(await study.run(), null, 2))
}

function usage(message: string): never {
  console.error(message)
  process.exit(2)
}
