import { runChild } from './child.ts'
import { nothing, readTally, type Tally } from './tally.ts'

/** Checks the project against its copy of the reference data, as `npm run reference` does for any folder. */
export async function runReference(): Promise<Tally> {
  const { code, output } = await runChild(
    process.execPath,
    ['test/reference/run.ts', 'test/golden/reference'],
    { echo: true },
  )
  const tally = readTally(output) ?? nothing
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally
}
