/** The native codecs: built before the tests that compare them with TypeScript's, and tested by themselves. */
import { existsSync } from 'node:fs'
import { runChild } from './child.ts'
import { add, nothing, type Tally } from './tally.ts'

const manifest = 'native/Cargo.toml'

/** Why the codecs can't be built on this machine; null where they can. */
export async function findCargoProblem(): Promise<string | null> {
  if (!existsSync(manifest)) return 'native/ is not there'
  if ((await cargo('--version')).code !== 0) return 'cargo is not on this machine'
  // Without a network and without the crates from an earlier build there is nothing to test.
  if ((await cargo('fetch', '--locked')).code !== 0) return 'cargo could not fetch the crates'
  return null
}

/** Builds the addon that the engine loads, unless it is newer than its sources. */
export async function buildAddon(): Promise<boolean> {
  const { code, output } = await runChild(process.execPath, ['native/build.mjs'], { echo: false })
  process.stdout.write(output)
  return code === 0
}

/** Runs the Rust tests. */
export async function testCodecs(): Promise<Tally> {
  const { code, output } = await cargo('test', '--quiet', '--locked')
  const tally = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm)]
    .map(([, passed, failed, skipped]) => ({
      passed: Number(passed),
      failed: Number(failed),
      skipped: Number(skipped),
    }))
    .reduce(add, nothing)
  if (code !== 0) console.error(output)
  // A failed build prints no result at all.
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally
}

function cargo(command: string, ...options: string[]): ReturnType<typeof runChild> {
  const place = command.startsWith('--') ? [] : ['--manifest-path', manifest]
  return runChild('cargo', [command, ...options, ...place], { echo: false })
}
