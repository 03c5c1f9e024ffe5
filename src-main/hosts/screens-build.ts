/** Builds the screens and the desktop host's bundles, where they are missing or older than their sources. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../contract/failure.ts'
import { keepTail } from './output-tail.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const sources = ['src-main', 'src-renderer', 'electron.config.ts', 'package.json']
/** Written last by the build. */
const product = 'out/renderer/index.html'

/** @throws Failure `build-failed` */
export async function buildScreens(): Promise<void> {
  if (
    await isFresh(
      join(root, product),
      sources.map((source) => join(root, source)),
    )
  )
    return
  console.error('Building the screens.')
  const builder = join(root, 'node_modules/electron-vite/bin/electron-vite.js')
  const child = spawn(process.execPath, [builder, 'build', '--config', 'electron.config.ts'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = keepTail(child.stdout, child.stderr)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) {
    throw new Failure('build-failed', `The screens could not be built:\n${output()}`)
  }
}

/** Whether the file is there and not older than anything in the sources. */
export async function isFresh(file: string, sourcePaths: readonly string[]): Promise<boolean> {
  const builtAt = await changedAt(file)
  if (builtAt === null) return false
  for (const path of sourcePaths) {
    const newest = await newestChange(path)
    if (newest !== null && newest > builtAt) return false
  }
  return true
}

async function newestChange(path: string): Promise<number | null> {
  const own = await changedAt(path)
  if (own === null || !(await stat(path)).isDirectory()) return own
  const inside = await Promise.all((await readdir(path)).map((name) => newestChange(join(path, name))))
  return Math.max(own, ...inside.filter((time) => time !== null))
}

/** When the file was changed last, in milliseconds since 1970; null where there is none. */
async function changedAt(path: string): Promise<number | null> {
  return (await stat(path).catch(() => null))?.mtimeMs ?? null
}
