/** Boots the desktop host with the real app and database in a temporary folder, over a stand-in of `electron`. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MessagePort } from 'node:worker_threads'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { ClientMessage, ServerMessage } from '../../../src-main/contract/protocol.ts'
import { app, desktop } from './electron-stand-in.ts'

const folder = mkdtempSync(join(tmpdir(), 'veranda-desktop-'))
const data = join(folder, 'data')
const page = '<!doctype html><title>Veranda</title>'
const given: { name: unknown; origin: string; port: MessagePort }[] = []

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
  process.argv.push('--data-dir', data)

  await import('../../../src-main/hosts/electron/preload.ts')
  await import('../../../src-main/hosts/electron/main.ts')
  await vi.waitUntil(() => given.length + desktop.errors.length > 0, { timeout: 10_000 })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function theWindow() {
  const [window] = desktop.windows
  if (window === undefined) throw new Error('No window was opened.')
  return window
}

function ask(port: MessagePort, message: ClientMessage): Promise<ServerMessage> {
  return new Promise((resolve) => {
    port.once('message', (reply: ServerMessage) => resolve(reply))
    port.postMessage(message)
  })
}

async function fetchPage(url: string, method = 'GET'): Promise<Response> {
  const response = await desktop.answer?.(new Request(url, { method }))
  if (response === undefined) throw new Error('No scheme is served.')
  return response
}

test('the page gets one port, and the app answers over it', async () => {
  expect(desktop.errors).toEqual([])
  expect(given).toMatchObject([{ name: 'veranda-channel', origin: 'app://veranda' }])
  const port = given[0]?.port
  if (port === undefined) throw new Error('No port was given.')
  expect(await ask(port, { kind: 'call', id: 1, procedure: 'app.info', input: {} })).toMatchObject({
    kind: 'result',
    id: 1,
    result: { version: '0.0.0-test', dataDirectory: data, canPickFile: true },
  })
  expect(await ask(port, { kind: 'call', id: 2, procedure: 'nonsense', input: {} })).toMatchObject({
    kind: 'failure',
    failure: { code: 'unknown-procedure' },
  })
})

test('a reloaded page gets a new port', async () => {
  theWindow().webContents.reload()
  expect(given).toHaveLength(2)
  const port = given[1]?.port
  if (port === undefined) throw new Error('No port was given.')
  expect(await ask(port, { kind: 'call', id: 1, procedure: 'conversations.list', input: {} })).toEqual({
    kind: 'result',
    id: 1,
    result: [],
  })
})

test('a page that is not the app’s own gets no port', () => {
  const { webContents } = theWindow()
  webContents.url = 'https://attacker.example/'
  webContents.emit('did-finish-load')
  expect(given).toHaveLength(2)
  webContents.url = 'app://veranda/'
})

test('the file dialog is opened for a page that asks', async () => {
  const port = given[0]?.port
  if (port === undefined) throw new Error('No port was given.')
  desktop.chosenFiles = ['/models/small.gguf']
  const picked = await ask(port, {
    kind: 'call',
    id: 3,
    procedure: 'host.pickFile',
    input: { kind: 'model' },
  })
  expect(picked).toMatchObject({ result: '/models/small.gguf' })
  desktop.chosenFiles = []
  const closed = await ask(port, {
    kind: 'call',
    id: 4,
    procedure: 'host.pickFile',
    input: { kind: 'examples' },
  })
  expect(closed).toMatchObject({ result: null })
  expect(desktop.dialogs.map(({ title }) => title)).toEqual(['Choose a model', 'Choose a file of examples'])
})

test('the window is sandboxed, isolated, and runs the preload alone', () => {
  expect(desktop.calls).toEqual(['enableSandbox', 'whenReady'])
  expect(theWindow().options.webPreferences).toEqual({
    preload: join(folder, 'app/out/preload/index.cjs'),
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webviewTag: false,
    spellcheck: false,
  })
  expect(theWindow().shown).toBe(true)
})

test('the page is served under a scheme of its own, with a strict policy, and nothing else is', async () => {
  expect(desktop.schemes).toEqual([{ scheme: 'app', privileges: { standard: true, secure: true } }])
  const home = await fetchPage('app://veranda/')
  expect(await home.text()).toBe(page)
  expect(home.headers.get('content-type')).toBe('text/html; charset=utf-8')
  const policy = home.headers.get('content-security-policy')
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
  expect(policy).toContain("connect-src 'none'")
  expect(policy).not.toContain('unsafe')
  expect(home.headers.get('x-content-type-options')).toBe('nosniff')
  for (const url of ['app://other/', 'app://veranda/nothing.js', 'app://veranda/..%2f..%2fpackage.json']) {
    expect((await fetchPage(url)).status).toBe(404)
  }
  expect((await fetchPage('app://veranda/', 'POST')).status).toBe(404)
})

test('a page can’t navigate, open windows, embed or redirect', () => {
  const { webContents } = theWindow()
  expect(webContents.mayNavigate('https://attacker.example/')).toBe(false)
  expect(webContents.mayNavigate('app://veranda/other.html')).toBe(false)
  expect(webContents.mayNavigate('app://veranda/', false)).toBe(false)
  expect(webContents.mayNavigate('app://veranda/')).toBe(true)
  expect(webContents.openHandler?.({ url: 'app://veranda/' })).toEqual({ action: 'deny' })
  expect(webContents.may('will-attach-webview')).toBe(false)
  expect(webContents.may('will-redirect')).toBe(false)
})

test('a link opens outside, and only what cannot start a program', () => {
  const { webContents } = theWindow()
  for (const url of [
    'https://example.org/',
    'mailto:a@example.org',
    'file:///etc/passwd',
    'smb://host/share',
  ]) {
    expect(webContents.openHandler?.({ url })).toEqual({ action: 'deny' })
  }
  expect(desktop.opened).toEqual(['https://example.org/', 'mailto:a@example.org'])
})

test.each([
  ['media', false],
  ['geolocation', false],
  ['notifications', false],
  ['clipboard-read', false],
  ['openExternal', false],
  ['clipboard-sanitized-write', true],
] as const)('permission: %s → %s', (permission, granted) => {
  const answers: boolean[] = []
  const request = desktop.permissionRequest as unknown as (...given: unknown[]) => void
  const check = desktop.permissionCheck as unknown as (...given: unknown[]) => boolean
  request(null, permission, (answer: boolean) => answers.push(answer), {})
  expect(answers).toEqual([granted])
  expect(check(null, permission, 'app://veranda', {})).toBe(granted)
  expect(check(null, permission, 'https://attacker.example', {})).toBe(false)
})

test.each([
  ['blob:app://veranda/0b1c', false],
  ['blob:https://example.org/0b1c', true],
  ['app://veranda/assets/app.js', false],
  ['https://attacker.example/', true],
  ['http://127.0.0.1:1/', true],
  ['file:///etc/passwd', true],
  ['wss://attacker.example/', true],
])('a page’s request to %s: cancelled %s', (url, cancel) => {
  const answers: unknown[] = []
  desktop.beforeRequest?.({ url }, (answer) => answers.push(answer))
  expect(answers).toEqual([{ cancel }])
})

test('a second start shows the window that is there', () => {
  app.emit('second-instance')
  expect(theWindow().focused).toBe(true)
})

test('closing the window keeps its place, closes the app and then ends', async () => {
  const window = theWindow()
  window.bounds = { x: 30, y: 40, width: 1000, height: 700 }
  window.close()
  expect(JSON.parse(readFileSync(join(data, 'window.json'), 'utf8'))).toEqual({
    position: { x: 30, y: 40 },
    size: { width: 1000, height: 700 },
    maximized: false,
  })
  expect(desktop.exitCode).toBeUndefined()
  await vi.waitFor(() => expect(desktop.exitCode).toBe(0), { timeout: 10_000 })
  expect(desktop.paths.get('userData')).toBe(join(data, 'electron'))
  expect(existsSync(join(data, 'electron'))).toBe(true)
})
