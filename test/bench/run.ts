/**
 * Speed, measured: `npm run bench [-- NAME ...] [--rounds N] [--json]`. Prints times and ratios; judges nothing.
 * With `--json` the last line holds the ratios that benchmarks name.
 *
 * Run it on a machine that does nothing else.
 */
import { parseArgs } from 'node:util'
import type { Benchmark, Study } from './benchmark.ts'
import { decode, prefill } from './benchmarks/chat.ts'
import { codecs } from './benchmarks/codecs.ts'
import { learning } from './benchmarks/learning.ts'
import { storage } from './benchmarks/storage.ts'
import { training } from './benchmarks/training.ts'
import { measure } from './measure.ts'
import { report } from './report.ts'

/** All there are, in the order they run. */
const benchmarks: readonly Benchmark[] = [training, prefill, decode, codecs, storage]

/** Only run when they are named: they take many minutes. */
const studies: readonly Study[] = [learning]

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const rounds = Number(values.rounds)
const asked = [...positionals, ...(values.only ?? [])]
const names = [...new Set([...benchmarks, ...studies].flatMap(namesOf))]
const unknown = asked.filter((name) => !names.includes(name))
const ratios: Record<string, number> = {}
if (!Number.isInteger(rounds) || rounds < 1)
  usage(`--rounds takes a whole number from 1, not “${values.rounds}”.`)
if (unknown.length > 0)
  usage(`There is no benchmark “${unknown.join('”, “')}”; there are ${names.join(', ')}.`)

for (const benchmark of benchmarks) {
  if (asked.length > 0 && !isAsked(benchmark)) continue
  const prepared = await benchmark.prepare()
  if (prepared === null) continue
  try {
    const measurements = await measure(prepared.variants, rounds)
    console.log(report(benchmark, measurements))
    Object.assign(ratios, prepared.ratios?.(measurements))
  } finally {
    await prepared.close?.()
  }
}

for (const study of studies) {
  if (!isAsked(study)) continue
  console.error(`${study.name}: ${study.description}`)
  console.log(JSON.stringify(await study.run(), null, 2))
}

if (values.json) console.log(JSON.stringify(ratios))

function namesOf({ name, group }: { readonly name: string; readonly group?: string }): readonly string[] {
  return group === undefined ? [name] : [group, name]
}

function isAsked(what: { readonly name: string; readonly group?: string }): boolean {
  return namesOf(what).some((name) => asked.includes(name))
}

function usage(message: string): never {
  console.error(message)
  process.exit(2)
}
