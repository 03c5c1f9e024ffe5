/**
 * Builds the native runtime and codecs with cargo into `native/veranda.<platform>-<arch>.node`: `node native/build.mjs`.
 *
 * With `--if-needed` it does nothing where the addon is newer than its sources, stops after two minutes (cargo keeps
 * what is done, the next call goes on from there) and always exits with 0: without the addon onnxruntime-node and the
 * TypeScript codecs do the same work.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, readdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ifNeeded = process.argv.includes('--if-needed')
const limitMs = 120_000
const directory = import.meta.dirname
const addon = join(directory, `veranda.${process.platform}-${process.arch}.node`)

if (ifNeeded && isUpToDate()) process.exit(0)

const problem = build()
process.stdout.write(
  problem === null
    ? 'native runtime and codecs: built\n'
    : `native runtime and codecs: not built, onnxruntime-node and TypeScript do the same work: ${problem}\n`,
)
process.exitCode = problem !== null && !ifNeeded ? 1 : 0

function isUpToDate() {
  const built = statSync(addon, { throwIfNoEntry: false })
  if (built === undefined) return false
  const sources = readdirSync(join(directory, 'src'), { encoding: 'utf8', recursive: true }).map(
    (name) => `src/${name}`,
  )
  return ['Cargo.toml', 'Cargo.lock', 'build.rs', ...sources].every(
    (name) => statSync(join(directory, name)).mtimeMs <= built.mtimeMs,
  )
}

/** Returns null, or in one line why there is no new addon. */
function build() {
  const target = join(directory, 'target')
  const { error, status, stderr } = spawnSync(
    'cargo',
    ['build', '--release', '--locked', '--quiet', '--target-dir', target],
    {
      cwd: directory,
      encoding: 'utf8',
      stdio: ['ignore', 'inherit', 'pipe'],
      // Offline, cargo would try again for longer than anybody waits for a start.
      ...(ifNeeded && { timeout: limitMs, env: { CARGO_NET_RETRY: '0', ...process.env } }),
    },
  )
  if (error !== undefined && 'code' in error) {
    if (error.code === 'ENOENT') return 'cargo is not on this machine (https://rustup.rs installs it).'
    if (error.code === 'ETIMEDOUT')
      return `cargo was stopped after ${limitMs / 1000} s; the next call goes on.`
  }
  if (error !== undefined) return error.message
  if (status !== 0) {
    if (!ifNeeded) process.stderr.write(stderr)
    return /^error.*$/m.exec(stderr)?.[0] ?? `cargo ended with ${status}.`
  }
  return install(join(target, 'release'))
}

function libraryName() {
  switch (process.platform) {
    case 'win32':
      return 'veranda_native.dll'
    case 'darwin':
      return 'libveranda_native.dylib'
    default:
      return 'libveranda_native.so'
  }
}

/**
 * A process that has the old addon loaded keeps it: the new one takes its name, not its place.
 *
 * @param {string} release cargo's folder of results
 */
function install(release) {
  const temporary = join(release, `${process.pid}.node`)
  try {
    copyFileSync(join(release, libraryName()), temporary)
    renameSync(temporary, addon)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
