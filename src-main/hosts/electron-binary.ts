/** Electron's own program: found where its package keeps it, fetched if it is not there yet, and run. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const packageUrl = new URL('../../node_modules/electron/', import.meta.url)
const installer = fileURLToPath(new URL('install.js', packageUrl))

/** Where the package's installer fetches from; asked first, because the installer itself may wait for minutes. */
const source = process.env.ELECTRON_MIRROR ?? 'https://github.com/'
const reachableWithinMs = 3_000

/** An Electron that ends this soon and badly did not get as far as showing a window. */
const startingMs = 10_000

/** The path of the binary; null where there is none and none can be fetched. */
export async function findElectron(): Promise<string | null> {
  if (!existsSync(installer)) return null
  const installed = await installedBinary()
  if (installed !== null) return installed
  if (!(await isReachable(source))) return null
  console.error('Fetching Electron (about 110 MB, once).')
  const child = spawn(process.execPath, [installer], { stdio: 'ignore' })
  await once(child, 'close')
  return await installedBinary()
}

async function installedBinary(): Promise<string | null> {
  try {
    const name = await readFile(new URL('path.txt', packageUrl), 'utf8')
    const path = fileURLToPath(new URL(`dist/${name}`, packageUrl))
    return existsSync(path) ? path : null
  } catch {
    return null // Without path.txt nothing was installed yet.
  }
}

async function isReachable(address: string): Promise<boolean> {
  try {
    await fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(reachableWithinMs) })
    return true
  } catch {
    return false
  }
}

/** Runs the app in its window until it is closed; answers why the window could not be opened, or null. */
export async function runElectron(binary: string, dataDirectory: string | null): Promise<string | null> {
  const startedAt = performance.now()
  const data = dataDirectory === null ? [] : ['--data-dir', dataDirectory]
  const child = spawn(binary, [root, ...data], { stdio: 'inherit' })
  const ended = new Promise<string | null>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => {
      const failed = code !== 0 && performance.now() - startedAt < startingMs
      resolve(failed ? `Electron ended with ${signal ?? `exit code ${code}`}` : null)
    })
  })
  // Ctrl+C reaches Electron as well, which closes itself; this process waits for it.
  const wait = (): void => {}
  process.on('SIGINT', wait)
  return await ended.finally(() => process.off('SIGINT', wait))
}
