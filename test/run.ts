/**
 * The whole test run: `npm test`. With arguments, only the test files whose path contains one of them.
 *
 * Prepares what tests share (a build, the default model), runs every suite, prints one line a suite and
 * last of all the sum. What is left out is said and counted. Exit code 1 if anything failed.
 */
import { buildApp } from './runner/build.ts'
import { runCargo } from './runner/cargo-suite.ts'
import { prepareModel } from './runner/model.ts'
import { runReference } from './runner/reference-suite.ts'
import { add, describeTally, nothing, type Tally } from './runner/tally.ts'
import { runVitest } from './runner/vitest-suite.ts'

const filters = process.argv.slice(2)
const results: { readonly suite: string; readonly tally: Tally }[] = []

async function suite(name: string, run: () => Promise<Tally>): Promise<void> {
  console.log(`\n== ${name}`)
  const tally = await run()
  results.push({ suite: name, tally })
}

/** What must succeed before tests make sense; fails like a test, passes without being counted as one. */
const prepared = (ok: boolean): Tally => ({ ...nothing, failed: ok ? 0 : 1 })

await suite('build', async () => prepared(await buildApp()))
await suite('default model', async () => {
  const model = await prepareModel()
  if (model.kind === 'unavailable') console.log(`skipped: all tests of the real model. ${model.reason}`)
  if (model.kind === 'failed') console.error(`The default model can't be prepared. ${model.reason}`)
  return prepared(model.kind !== 'failed')
})
await suite('vitest', () => runVitest(filters))
if (filters.length === 0) {
  await suite('reference', runReference)
  await suite('native codecs', runCargo)
}

console.log('')
for (const { suite, tally } of results) console.log(`${suite}: ${describeTally(tally)}`)
const sum = results.map(({ tally }) => tally).reduce(add, nothing)
console.log(describeTally(sum))
process.exit(sum.failed > 0 ? 1 : 0)
