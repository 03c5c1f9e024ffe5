/**
 * The whole test run: `npm test`. With arguments, only the test files whose path contains one of them.
 *
 * Prepares what tests share (a build, the native codecs, the default model), runs every suite, prints one line
 * a suite and last of all the sum. What is left out is said and counted. Exit code 1 if anything failed.
 */
import { buildApp } from './runner/build.ts'
import { buildAddon, findCargoProblem, testCodecs } from './runner/cargo.ts'
import { prepareModel } from './runner/model.ts'
import { runReference } from './runner/reference-suite.ts'
import { add, describeTally, nothing, type Tally } from './runner/tally.ts'
import { runVitest } from './runner/vitest-suite.ts'

const filters = process.argv.slice(2)
const results: { readonly name: string; readonly tally: Tally }[] = []

async function suite(name: string, run: () => Promise<Tally>): Promise<void> {
  console.log(`\n== ${name}`)
  const start = performance.now()
  const tally = await run()
  results.push({ name: `${name} (${((performance.now() - start) / 1000).toFixed(0)} s)`, tally })
}

/** A step before the tests counts where it fails, or where tests are left out for want of it. */
function step(state: 'done' | 'failed' | 'unavailable', reason?: string): Tally {
  if (reason !== undefined) console.log(`${state === 'failed' ? 'failed' : 'skipped'}: ${reason}`)
  return { passed: 0, failed: state === 'failed' ? 1 : 0, skipped: state === 'unavailable' ? 1 : 0 }
}

const cargoProblem = await findCargoProblem()

await suite('build the app', async () => step((await buildApp()) ? 'done' : 'failed'))
await suite('build the native codecs', async () => {
  if (cargoProblem !== null) return step('unavailable', `the native codecs and their tests: ${cargoProblem}`)
  return step((await buildAddon()) ? 'done' : 'failed')
})
await suite('fetch the default model', async () => {
  const model = await prepareModel()
  if (model.state === 'done') return step('done')
  return step(model.state, `the default model, and with it the tests that need it: ${model.reason}`)
})
await suite('tests', () => runVitest(filters))
if (filters.length === 0) {
  await suite('reference data', runReference)
  if (cargoProblem === null) await suite('native codecs', testCodecs)
}

console.log('')
for (const { name, tally } of results) console.log(`${name}: ${describeTally(tally)}`)
const sum = results.map(({ tally }) => tally).reduce(add, nothing)
console.log(describeTally(sum))
process.exit(sum.failed > 0 ? 1 : 0)
