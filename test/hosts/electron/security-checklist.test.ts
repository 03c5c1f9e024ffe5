/**
 * Electron's security checklist (electronjs.org/docs/latest/tutorial/security), each item with its test.
 *
 * The host is the real one, over a stand-in of `electron`; what only the packed program can show (19, the fuses)
 * is in test/packaging, what only a browser can (7, the policy at work) in test/e2e.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bootHost, fetchPage, folder, given, page, theWindow } from './booted-host.ts'
import { app, desktop } from './electron-stand-in.ts'

bootHost()

const sources = 'src-main/hosts/electron'
const hostSource = readdirSync(sources)
  .map((name) => readFileSync(join(sources, name), 'utf8'))
  .join('\n')

interface PackageFile {
  readonly devDependencies: Readonly<Record<string, string>>
  readonly build: { readonly electronFuses: Readonly<Record<string, boolean>> }
}
const packageFile = JSON.parse(readFileSync('package.json', 'utf8')) as PackageFile

describe('1. Only load secure content', () => {
  test.each([
    ['blob:app://veranda/0b1c', false],
    ['blob:https://example.org/0b1c', true],
    ['app://veranda/assets/app.js', false],
    ['https://attacker.example/', true],
    ['http://127.0.0.1:1/', true],
    ['file:///etc/passwd', true],
    ['wss://attacker.example/', true],
  ])('the page loads of its own scheme only: %s cancelled %s', (url, cancel) => {
    const answers: unknown[] = []
    desktop.beforeRequest?.({ url }, (answer) => answers.push(answer))
    expect(answers).toEqual([{ cancel }])
  })
})

test('2. No Node.js integration, 3. context isolation, 4. sandbox: for every process, and the window says so', () => {
  expect(desktop.calls).toEqual(['enableSandbox', 'whenReady'])
  expect(theWindow().options.webPreferences).toEqual({
    preload: join(folder, 'app/out/preload/index.cjs'),
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webviewTag: false,
    spellcheck: false,
  })
})

describe('5. Session permission requests are refused', () => {
  test.each([
    ['media', false],
    ['geolocation', false],
    ['notifications', false],
    ['clipboard-read', false],
    ['openExternal', false],
    ['clipboard-sanitized-write', true],
  ] as const)('%s → %s', (permission, granted) => {
    const answers: boolean[] = []
    const request = desktop.permissionRequest as unknown as (...given: unknown[]) => void
    const check = desktop.permissionCheck as unknown as (...given: unknown[]) => boolean
    request(null, permission, (answer: boolean) => answers.push(answer), {})
    expect(answers).toEqual([granted])
    expect(check(null, permission, 'app://veranda', {})).toBe(granted)
    expect(check(null, permission, 'https://attacker.example', {})).toBe(false)
  })
})

test('6., 8., 9., 10. What Chromium guards with is left as it is: web security, mixed content, experiments', () => {
  const preferences = theWindow().options.webPreferences ?? {}
  for (const name of [
    'webSecurity',
    'allowRunningInsecureContent',
    'experimentalFeatures',
    'enableBlinkFeatures',
  ]) {
    expect(preferences).not.toHaveProperty(name)
  }
  expect(hostSource).not.toMatch(/appendSwitch|disable-web-security|enable-features/)
})

test('7. A content security policy, strict, with every response', async () => {
  const home = await fetchPage('app://veranda/')
  expect(await home.text()).toBe(page)
  const missing = await fetchPage('app://veranda/nothing.js')
  for (const { headers } of [home, missing]) {
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).toContain("connect-src 'none'")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toMatch(/unsafe|\*|https?:/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test('11., 12. No <webview>, whatever its options', () => {
  expect(theWindow().webContents.may('will-attach-webview')).toBe(false)
})

test('13. Navigation is limited to the page itself', () => {
  const { webContents } = theWindow()
  expect(webContents.mayNavigate('https://attacker.example/')).toBe(false)
  expect(webContents.mayNavigate('app://veranda/other.html')).toBe(false)
  expect(webContents.mayNavigate('app://veranda/', false)).toBe(false)
  expect(webContents.mayNavigate('app://veranda/?a#/chat')).toBe(false)
  expect(webContents.mayNavigate('app://veranda/')).toBe(true)
  expect(webContents.mayNavigate('app://veranda/#/chat/12')).toBe(true)
  expect(webContents.may('will-redirect')).toBe(false)
})

test('14. No new windows', () => {
  expect(theWindow().webContents.openHandler?.({ url: 'app://veranda/' })).toEqual({ action: 'deny' })
  expect(desktop.windows).toHaveLength(1)
})

test('15. The system opens a link only for a click or a key, one each, and none that could start a program', () => {
  const { webContents } = theWindow()
  const open = (url: string): void => {
    expect(webContents.openHandler?.({ url })).toEqual({ action: 'deny' })
  }
  open('https://example.org/unasked')
  webContents.emit('input-event', {}, { type: 'mouseMove' })
  open('https://example.org/unasked')
  expect(desktop.opened).toEqual([])
  for (const url of [
    'https://example.org/',
    'mailto:a@example.org',
    'http://example.org/',
    'file:///etc/passwd',
    'smb://host/share',
    'javascript:alert(1)',
    'not an address',
  ]) {
    webContents.emit('input-event', {}, { type: 'mouseUp' })
    open(url)
  }
  webContents.emit('input-event', {}, { type: 'rawKeyDown' })
  open('https://example.org/by-key')
  open('https://example.org/second')
  expect(desktop.opened).toEqual([
    'https://example.org/',
    'mailto:a@example.org',
    'https://example.org/by-key',
  ])
})

test('16. A current Electron: one version, said to the digit, so that an update is a change that is seen', () => {
  expect(packageFile.devDependencies['electron']).toMatch(/^\d+\.\d+\.\d+$/)
})

test('17. The sender of a message is known: the one port that the app’s own page was given', () => {
  // No message that names its channel is listened to at all, so there is none whose sender could be another.
  expect(hostSource).not.toMatch(/ipcMain|\.ipc\b/)
  const { webContents } = theWindow()
  expect(given).toHaveLength(1)
  webContents.url = 'https://attacker.example/'
  webContents.emit('did-finish-load')
  expect(given).toHaveLength(1)
  webContents.url = 'app://veranda/'
})

test('18. No file:// but a scheme of its own, with no more privileges than it needs', async () => {
  expect(desktop.schemes).toEqual([{ scheme: 'app', privileges: { standard: true, secure: true } }])
  expect(theWindow().webContents.url).toBe('app://veranda/')
  for (const url of ['app://other/', 'app://veranda/nothing.js', 'app://veranda/..%2f..%2fpackage.json']) {
    expect((await fetchPage(url)).status).toBe(404)
  }
  expect((await fetchPage('app://veranda/', 'POST')).status).toBe(404)
})

test('19. The fuses are set', () => {
  expect(packageFile.build.electronFuses).toEqual({
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    enableCookieEncryption: true,
    grantFileProtocolExtraPrivileges: false,
    resetAdHocDarwinSignature: true,
  })
})

test('20. Nothing of Electron reaches the page: the preload posts a port and exposes no function', () => {
  expect(hostSource).not.toMatch(/contextBridge|exposeInMainWorld/)
  expect(app.listenerCount('web-contents-created')).toBe(1)
})
