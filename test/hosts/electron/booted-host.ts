/** Boots the desktop host with the real app and database in a temporary folder, over a stand-in of `electron`. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MessagePort } from 'node:worker_threads'
import { afterAll, beforeAll, vi } from 'vitest'
import type { ClientMessage, ServerMessage } from '../../../src-main/contract/protocol.ts'
import { desktop } from './electron-stand-in.ts'

export const page = '<!doctype html><title>Veranda</title>'
export const folder = mkdtempSync(join(tmpdir(), 'veranda-desktop-'))
export const data = join(folder, 'data')
/** What the preload has posted to the page. */
export const given: { name: unknown; origin: string; port: MessagePort }[] = []

/** Starts the host before the tests of a file; a file can do so once, as a process does. */
export function bootHost(): void {
  beforeAll(async () => {
    mkdirSync(join(folder, 'app/out/renderer'), { recursive: true })
    writeFileSync(join(folder, 'app/out/renderer/index.html'), page)
    writeFileSync(join(folder, 'app/package.json'), '"not for the page"')
    symlinkSync(fileURLToPath(new URL('../../../resources', import.meta.url)), join(folder, 'app/resources'))
    desktop.appPath = join(folder, 'app')

    // What of the page's window the preload uses.
    vi.stubGlobal('location', { origin: 'app://veranda' })
    vi.stubGlobal('postMessage', (name: unknown, origin: string, [port]: [MessagePort]) =>
      given.push({ name, origin, port }),
    )
    vi.stubEnv('VERANDA_HOME', undefined)
    process.argv.push('--data-dir', data, join(data, 'first.veranda-adapter'))

    await import('../../../src-main/hosts/electron/preload.ts')
    await import('../../../src-main/hosts/electron/main.ts')
    await vi.waitUntil(() => given.length + desktop.errors.length > 0, { timeout: 10_000 })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
}

export function theWindow(): (typeof desktop.windows)[number] {
  const [window] = desktop.windows
  if (window === undefined) throw new Error('No window was opened.')
  return window
}

export function ask(port: MessagePort, message: ClientMessage): Promise<ServerMessage> {
  return new Promise((resolve) => {
    port.once('message', (reply: ServerMessage) => resolve(reply))
    port.postMessage(message)
  })
}

export async function fetchPage(url: string, method = 'GET'): Promise<Response> {
  const response = await desktop.answer?.(new Request(url, { method }))
  if (response === undefined) throw new Error('No scheme is served.')
  return response
}
