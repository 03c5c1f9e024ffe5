/**
 * Speed, measured: `npm run bench [-- NAME ...] [--rounds N] [--json]`. Prints times and ratios; judges nothing.
 * All that they come to is written to a file under results/; with `--json` it is the last line, too.
 *
 * Run it on a machine that does nothing else.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Benchmark, Results, Study } from './benchmark.ts'
import { decodes, prefill } from './benchmarks/chat.ts'
import { adapters } from './benchmarks/adapters.ts'
import { codecs } from './benchmarks/codecs.ts'
import { continued } from './benchmarks/continued.ts'
import { imports } from './benchmarks/import.ts'
import { learning } from './benchmarks/learning.ts'
import { load } from './benchmarks/load.ts'
import { lookup } from './benchmarks/lookup.ts'
import { paper } from './benchmarks/paper.ts'
import { quality } from './benchmarks/quality.ts'
import { scale } from './benchmarks/scale.ts'
import { soak } from './benchmarks/soak.ts'
import { storage } from './benchmarks/storage.ts'
import { training } from './benchmarks/training.ts'
import { trainingJob } from './benchmarks/training-job.ts'
import { measure } from './measure.ts'
import { report } from './report.ts'

/** All there are, in the order they run. */
const benchmarks: readonly Benchmark[] = [training, prefill, ...decodes, codecs, storage, ...imports]

/** Only run when they are named: they take many minutes. */
const studies: readonly Study[] = [
  trainingJob,
  load,
  continued,
  quality,
  adapters,
  lookup,
  soak,
  learning,
  scale,
  paper,
]

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
const results: Record<string, unknown> = {}
if (!Number.isInteger(rounds) || rounds < 1)
  usage(`--rounds takes a whole number from 1, not “${values.rounds}”.`)
if (unknown.length > 0)
  usage(`There is no benchmark “${unknown.join('”, “')}”; there are ${names.join(', ')}.`)

for (const benchmark of benchmarks) {
  if (asked.length > 0 ? !isAsked(benchmark) : benchmark.slow) continue
  const prepared = await benchmark.prepare()
  if (prepared === null) continue
  try {
    const measurements = await measure(prepared.variants, rounds)
    console.log(report(benchmark, measurements))
    merge(results, prepared.results?.(measurements) ?? {})
  } finally {
    await prepared.close?.()
  }
}

for (const study of studies) {
  if (!isAsked(study)) continue
  console.error(`${study.name}: ${study.description}`)
  const result = await study.run()
  console.log(JSON.stringify(result, null, 2))
  if (study.isSummary === true) Object.assign(results, result)
  else results[study.name] = result
}

const folder = new URL('results/', import.meta.url)
mkdirSync(folder, { recursive: true })
writeFileSync(
  new URL(`${[...asked, 'bench'].join('-')}.json`, folder),
  `${JSON.stringify(results, null, 2)}\n`,
)
if (values.json) console.log(JSON.stringify(results))

/** Adds figures; groups of the same name become one. */
function merge(into: Record<string, unknown>, figures: Results): void {
  for (const [name, figure] of Object.entries(figures)) {
    const known = into[name]
    if (typeof figure === 'number') into[name] = figure
    else {
      const group = { ...(typeof known === 'object' ? known : {}) }
      into[name] = group
      merge(group, figure)
    }
  }
}

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
