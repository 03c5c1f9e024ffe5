import { existsSync } from 'node:fs'
import { runChild } from './child.ts'
import { add, nothing, type Tally } from './tally.ts'

const manifest = 'native/Cargo.toml'

/** Runs the Rust codecs' own tests where a Rust toolchain is; the TypeScript codecs are tested everywhere. */
export async function runCargo(): Promise<Tally> {
  if (!existsSync(manifest)) return nothing
  if ((await runChild('cargo', ['--version'], { echo: false })).code !== 0) {
    return skip('cargo is not on this machine')
  }
  if (
    (await runChild('cargo', ['fetch', '--locked', '--manifest-path', manifest], { echo: false })).code !== 0
  ) {
    return skip('cargo could not fetch the crates')
  }
  const { code, output } = await runChild(
    'cargo',
    ['test', '--quiet', '--locked', '--manifest-path', manifest],
    { echo: true },
  )
  const tally = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm)]
    .map(([, passed, failed, skipped]) => ({
      passed: Number(passed),
      failed: Number(failed),
      skipped: Number(skipped),
    }))
    .reduce(add, nothing)
  // A failed build prints no result at all.
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally
}

function skip(reason: string): Tally {
  console.log(`skipped: the tests of the native codecs, because ${reason}`)
  return { ...nothing, skipped: 1 }
}
