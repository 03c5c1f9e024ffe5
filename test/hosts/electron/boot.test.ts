/** The desktop host with the real app and database, over a stand-in of `electron`. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test, vi } from 'vitest'
import { ask, bootHost, data, fetchPage, given, page, theWindow } from './booted-host.ts'
import { app, desktop } from './electron-stand-in.ts'

bootHost()

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

test('a page that is loaded again, on whichever screen it was, gets a new port', async () => {
  theWindow().webContents.url = 'app://veranda/#/chat/12'
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

test('menu and dialogs speak the language that is chosen', async () => {
  const port = given[0]?.port
  if (port === undefined) throw new Error('No port was given.')
  const named = (): unknown[] => desktop.menu.map(({ label }) => label)
  expect(named()).toEqual(['File', 'Edit', 'View', 'Window'])
  const choose = (id: number, language: string) =>
    ask(port, { kind: 'call', id, procedure: 'settings.update', input: { language } })
  await choose(20, 'de')
  expect(named()).toEqual(['Datei', 'Bearbeiten', 'Ansicht', 'Fenster'])
  const unnamed = desktop.menu
    .flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []))
    .filter(({ type, label }) => type !== 'separator' && label === undefined)
  expect(unnamed).toEqual([])
  await ask(port, { kind: 'call', id: 21, procedure: 'host.pickFile', input: { kind: 'examples' } })
  expect(desktop.dialogs.at(-1)).toMatchObject({
    title: 'Datei mit Beispielen auswählen',
    filters: [{ name: 'Beispiele' }, { name: 'Alle Dateien' }],
  })
  await choose(22, 'system')
  expect(named()).toEqual(['File', 'Edit', 'View', 'Window'])
})

test('a dialog asks where something is to be written', async () => {
  const port = given[0]?.port
  if (port === undefined) throw new Error('No port was given.')
  const pick = (id: number) =>
    ask(port, { kind: 'call', id, procedure: 'host.pickTarget', input: { name: 'pim.gguf' } })
  expect(await pick(5)).toMatchObject({ result: null })
  expect(desktop.dialogs.at(-1)).toEqual({ defaultPath: '/home/you/downloads/pim.gguf' })
  desktop.chosenTarget = '/elsewhere/pim.gguf'
  expect(await pick(6)).toMatchObject({ result: '/elsewhere/pim.gguf' })
})

test('a notification is shown for a page that asks, and brings the window back', async () => {
  const port = given[0]?.port
  if (port === undefined) throw new Error('No port was given.')
  const input = { title: 'Bramble is ready', body: 'See what it learned.' }
  const told = await ask(port, { kind: 'call', id: 7, procedure: 'host.notify', input })
  expect(told).toMatchObject({ result: true })
  expect(desktop.notices.map(({ options }) => options)).toEqual([input])
  desktop.notices[0]?.emit('click')
  expect(theWindow().focused).toBe(true)
  theWindow().focused = false
})

test('the window shows the page once it is there', async () => {
  expect(theWindow().shown).toBe(true)
  const home = await fetchPage('app://veranda/')
  expect(await home.text()).toBe(page)
  expect(home.headers.get('content-type')).toBe('text/html; charset=utf-8')
})

test('a second start shows the window that is there', () => {
  app.emit('second-instance', {}, ['veranda'], data)
  expect(theWindow().focused).toBe(true)
})

test('files that are opened with the app reach the page', async () => {
  const port = given[1]?.port
  if (port === undefined) throw new Error('No port was given.')
  const next = async (): Promise<unknown> =>
    await new Promise((resolve) => port.once('message', (message) => resolve(message)))
  const first = next()
  port.postMessage({ kind: 'call', id: 9, procedure: 'host.openedFiles', input: {} })
  // Named on the command line that started the host.
  expect(await first).toEqual({ kind: 'event', id: 9, event: { path: join(data, 'first.veranda-adapter') } })
  const second = next()
  app.emit('second-instance', {}, ['veranda', '--flag', 'pim.Veranda-Adapter', 'notes.txt'], data)
  expect(await second).toEqual({ kind: 'event', id: 9, event: { path: join(data, 'pim.Veranda-Adapter') } })
  // As file managers of Linux name it; of what is not on this machine nothing is opened.
  const byAddress = next()
  const elsewhere = 'https://attacker.example/a.veranda-adapter'
  const address = pathToFileURL(join(data, 'my pim.veranda-adapter')).href
  expect(address).toContain('my%20pim')
  app.emit('second-instance', {}, ['veranda', elsewhere, 'file:///%zz.veranda-adapter', address], data)
  expect(await byAddress).toEqual({
    kind: 'event',
    id: 9,
    event: { path: join(data, 'my pim.veranda-adapter') },
  })
  const third = next()
  let isPrevented = false
  app.emit('open-file', { preventDefault: () => (isPrevented = true) }, '/x/mac.veranda-adapter')
  expect(await third).toEqual({ kind: 'event', id: 9, event: { path: '/x/mac.veranda-adapter' } })
  expect(isPrevented).toBe(true)
  const ended = next()
  port.postMessage({ kind: 'cancel', id: 9 })
  expect(await ended).toEqual({ kind: 'result', id: 9, result: null })
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
