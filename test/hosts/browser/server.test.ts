import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { ChannelClient } from '../../../src-renderer/channel/client.ts'
import type { ServerMessage } from '../../../src-main/contract/protocol.ts'
import { startBrowserHost, type BrowserHost } from '../../../src-main/hosts/browser/server.ts'
import { partialHandlers } from '../partial-handlers.ts'
import { ask, closeCode, connect, exchangeFrames, reply, sendLines } from './bare-client.ts'

const page = '<!doctype html><title>Veranda</title>'
const info = { version: '1', dataDirectory: '/d', canPickFile: false, engine: 'ready' } as const
let directory = ''
let host: BrowserHost | undefined

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'veranda-host-'))
  await mkdir(join(directory, 'renderer', 'assets'), { recursive: true })
  await writeFile(join(directory, 'renderer', 'index.html'), page)
  await writeFile(join(directory, 'renderer', 'assets', 'app.js'), 'export {}')
  await writeFile(join(directory, 'renderer', 'assets', 'app.css'), 'a{}')
  await writeFile(join(directory, 'secret.json'), '"secret"')
  await writeFile(join(directory, 'renderer', 'veranda.sqlite'), 'secret')
  await mkdir(join(directory, 'renderer-backup'))
  await writeFile(join(directory, 'renderer-backup', 'secret.json'), '"secret"')
})
afterEach(async () => {
  await host?.close()
  host = undefined
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** Starts a host; answers its port, and the token of the address it prints. */
async function start(
  onGuessing?: () => void,
): Promise<{ port: number; token: string; newToken: () => string }> {
  const started = await startBrowserHost({
    handlers: partialHandlers({
      async *'app.info'() {
        return info
      },
    }),
    rendererDirectory: join(directory, 'renderer'),
    port: 0,
    ...(onGuessing === undefined ? {} : { onGuessing }),
  })
  host = started
  const newToken = (): string => new URL(started.newAddress()).searchParams.get('token') ?? ''
  const address = new URL(started.newAddress())
  expect(address.hostname).toBe('127.0.0.1')
  return { port: Number(address.port), token: address.searchParams.get('token') ?? '', newToken }
}

/** Opens the address as a browser does; answers the `Cookie` header of the session. */
async function enter(port: number, token: string): Promise<string> {
  const { status, headers } = await ask(port, `/?token=${token}`)
  expect({ status, location: headers.location }).toEqual({ status: 303, location: '/' })
  return headers['set-cookie']?.[0]?.split(';')[0] ?? ''
}

async function connected(port: number, token: string): Promise<WebSocket> {
  const cookie = await enter(port, token)
  const socket = await connect(port, { cookie, origin: `http://127.0.0.1:${port}` })
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
  return socket
}

test('the printed address opens the app: a strict cookie, then the page with its policy', async () => {
  const { port, token } = await start()
  const entered = await ask(port, `/?token=${token}`)
  const cookie = entered.headers['set-cookie']?.[0] ?? ''
  expect(cookie).toMatch(/^veranda-session-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/)

  const home = await ask(port, '/', { cookie: cookie.split(';')[0] ?? '' })
  expect(home).toMatchObject({ status: 200, text: page })
  expect(home.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-frame-options': 'DENY',
  })
  const policy = home.headers['content-security-policy'] ?? ''
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
  expect(policy).not.toMatch(/unsafe|\*|https?:/)
  expect(home.headers['access-control-allow-origin']).toBeUndefined()
})

test('the parts of the page come with their types, and HEAD without a body', async () => {
  const { port, token } = await start()
  const cookie = await enter(port, token)
  const script = await ask(port, '/assets/app.js', { cookie })
  expect(script).toMatchObject({ status: 200, text: 'export {}' })
  expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8')
  expect((await ask(port, '/assets/app.css', { cookie })).headers['content-type']).toBe(
    'text/css; charset=utf-8',
  )
  expect(await ask(port, '/assets/app.js', { cookie }, 'HEAD')).toMatchObject({ status: 200, text: '' })
  expect((await ask(port, '/assets/none.js', { cookie })).status).toBe(404)
})

test('without a session everything is refused with a readable page', async () => {
  const { port } = await start()
  for (const path of ['/', '/assets/app.js', '/nothing', '/channel']) {
    const { status, text } = await ask(port, path)
    expect(status).toBe(403)
    expect(text).toContain('Open the address that Veranda printed in the terminal')
    expect(text).not.toContain('<script')
  }
})

test('a token works once', async () => {
  const { port, token } = await start()
  const cookie = await enter(port, token)
  const replayed = await ask(port, `/?token=${token}`)
  expect(replayed.status).toBe(403)
  expect(replayed.headers['set-cookie']).toBeUndefined()
  expect(replayed.text).toContain('This address was used already')
  // The browser that has the session is just sent home.
  expect(await ask(port, `/?token=${token}`, { cookie })).toMatchObject({ status: 303 })
})

test('a token that was looked at with HEAD still works', async () => {
  const { port, token } = await start()
  expect((await ask(port, `/?token=${token}`, {}, 'HEAD')).status).toBe(403)
  await enter(port, token)
})

test('guesses at the token and at the cookie are refused', async () => {
  const { port, token } = await start()
  const near = (token.startsWith('A') ? 'B' : 'A') + token.slice(1)
  for (const guess of ['', 'x', near, token.slice(0, -1), `${token}A`]) {
    expect((await ask(port, `/?token=${guess}`)).status).toBe(403)
  }
  const cookie = await enter(port, token)
  expect((await ask(port, '/', { cookie: `${cookie.slice(0, -1)}!` })).status).toBe(403)
  expect((await ask(port, '/', { cookie: 'veranda-session=1' })).status).toBe(403)
  expect((await ask(port, '/', { cookie: cookie.replace(/=.*/, '=') })).status).toBe(403)
})

test('many guesses (another user of the machine) withdraw the token and are told of; who is in stays in', async () => {
  let told = 0
  const { port, token, newToken } = await start(() => (told += 1))
  const cookie = await enter(port, token)
  const unused = newToken()
  for (let guess = 0; guess < 20; guess++) {
    expect(told).toBe(0)
    expect((await ask(port, `/?token=${guess}`)).status).toBe(403)
  }
  expect(told).toBe(1)
  expect((await ask(port, `/?token=${unused}`)).status).toBe(403)
  expect((await ask(port, '/', { cookie })).status).toBe(200)
  await enter(port, newToken())
})

test('a new address lets a second browser in, and keeps the first', async () => {
  const { port, token, newToken } = await start()
  const first = await enter(port, token)
  const second = await enter(port, newToken())
  expect(second).not.toBe(first)
  expect((await ask(port, '/', { cookie: first })).status).toBe(200)
  expect((await ask(port, '/', { cookie: second })).status).toBe(200)
})

test('a request under a foreign name (DNS rebinding) is refused, session or not', async () => {
  const { port, token } = await start()
  for (const name of [`attacker.example:${port}`, '127.0.0.1', `127.0.0.1:${port + 1}`, `[::1]:${port}`]) {
    expect((await ask(port, `/?token=${token}`, { host: name })).status).toBe(403)
  }
  const cookie = await enter(port, token)
  expect((await ask(port, '/', { cookie, host: `attacker.example:${port}` })).status).toBe(403)
  const origin = `http://attacker.example:${port}`
  expect(await connect(port, { cookie, origin, host: `attacker.example:${port}` })).toBe(403)
})

test('a request that names two hosts is refused, whichever comes first; so is one that names none', async () => {
  const { port, token } = await start()
  const cookie = await enter(port, token)
  const own = `Host: 127.0.0.1:${port}`
  const send = (...hosts: string[]) => sendLines(port, ['GET / HTTP/1.1', ...hosts, `Cookie: ${cookie}`])
  expect(await send(own)).toBe(200)
  expect(await send(own, 'Host: evil.example')).toBe(403)
  expect(await send('Host: evil.example', own)).toBe(403)
  expect(await sendLines(port, ['GET / HTTP/1.0', `Cookie: ${cookie}`])).toBe(403)
})

test('the channel is refused to a foreign page, to no page, and without a session', async () => {
  const { port, token } = await start()
  const cookie = await enter(port, token)
  const own = `http://127.0.0.1:${port}`
  for (const origin of [
    'http://attacker.example',
    'null',
    `https://127.0.0.1:${port}`,
    `http://localhost:${port}`,
  ]) {
    expect(await connect(port, { cookie, origin })).toBe(403)
  }
  expect(await connect(port, { cookie })).toBe(403)
  expect(await connect(port, { origin: own })).toBe(403)
  expect(await connect(port, { cookie, origin: own }, '/other')).toBe(404)
})

test.each(['cross-site', 'same-site'])(
  'a page of another site is refused, session or not: %s',
  async (site) => {
    const { port, token } = await start()
    const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' }
    expect((await ask(port, `/?token=${token}`, headers)).status).toBe(403)
    // It did not use the token up.
    const cookie = await enter(port, token)
    for (const path of ['/', '/assets/app.js']) {
      expect((await ask(port, path, { cookie, ...headers })).status).toBe(403)
    }
    const own = `http://127.0.0.1:${port}`
    expect(await connect(port, { cookie, origin: own, 'sec-fetch-site': site })).toBe(403)
    for (const allowed of ['none', 'same-origin']) {
      expect((await ask(port, '/', { cookie, 'sec-fetch-site': allowed })).status).toBe(200)
    }
  },
)

test('nothing outside of the renderer is served', async () => {
  const { port, token } = await start()
  const cookie = await enter(port, token)
  const paths = [
    '/../secret.json',
    '/assets/../../secret.json',
    '/%2e%2e/secret.json',
    '/..%2fsecret.json',
    '/..%5csecret.json',
    '//../secret.json',
    '/../renderer-backup/secret.json',
    `/${directory}/secret.json`,
    '/assets/app.js%00.json',
    '/%E0%A4%A',
    '/veranda.sqlite',
    '/assets',
    `/${'a'.repeat(5000)}.js`,
  ]
  for (const path of paths) {
    const { status, text } = await ask(port, path, { cookie })
    expect({ path, status }).toEqual({ path, status: 404 })
    expect(text).not.toContain('secret"')
  }
})

test('only reading is allowed', async () => {
  const { port, token } = await start()
  const cookie = await enter(port, token)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const { status, headers } = await ask(port, '/', { cookie }, method)
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD' })
  }
})

test('the channel answers calls', async () => {
  const { port, token } = await start()
  const socket = await connected(port, token)
  socket.send(JSON.stringify({ kind: 'call', id: 1, procedure: 'app.info', input: {} }))
  expect(await reply(socket)).toEqual({ kind: 'result', id: 1, result: info })
})

test('the screens’ own client calls over it', async () => {
  const { port, token } = await start()
  const socket = await connected(port, token)
  const client = new ChannelClient()
  const asked = client.call('app.info', {})
  client.attach({
    send: (message) => socket.send(JSON.stringify(message)),
    receive: (listener) =>
      void socket.on('message', (data: Buffer) => listener(JSON.parse(data.toString()) as ServerMessage)),
    closed: (listener) => void socket.on('close', listener),
  })
  expect(await asked).toEqual(info)
  await expect(client.call('models.list', {})).rejects.toMatchObject({ code: 'not-in-this-test' })
})

test('a malformed message is answered, and the channel lives on', async () => {
  const { port, token } = await start()
  const socket = await connected(port, token)
  for (const text of ['{', '[]', '"x"', '{"kind":"call"}']) {
    socket.send(text)
    expect(await reply(socket)).toMatchObject({ kind: 'failure', failure: { code: 'malformed-message' } })
  }
  socket.send(JSON.stringify({ kind: 'call', id: 1, procedure: 'app.info', input: {} }))
  expect(await reply(socket)).toMatchObject({ kind: 'result', id: 1 })
})

test('a binary message closes the channel', async () => {
  const { port, token } = await start()
  const socket = await connected(port, token)
  socket.send(Buffer.from('{}'))
  expect(await closeCode(socket)).toBe(1003)
})

test('an oversized message closes the channel, and the host lives on', async () => {
  const { port, token, newToken } = await start()
  const cookie = await enter(port, token)
  // The head of a text frame that announces one byte too much: it is refused before its data comes.
  const head = Buffer.alloc(14)
  head.writeUInt16BE(0x81ff)
  head.writeBigUInt64BE(91_000_001n, 2)
  const close = await exchangeFrames(port, { cookie, origin: `http://127.0.0.1:${port}` }, head)
  expect({ opcode: close[0], code: close.readUInt16BE(2) }).toEqual({ opcode: 0x88, code: 1009 })
  await enter(port, newToken())
})

test('a port in use is a readable failure', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await expect(
    startBrowserHost({ handlers: partialHandlers({}), rendererDirectory: directory, port }),
  ).rejects.toMatchObject({
    code: 'port-in-use',
    message: `Port ${port} is used by another program. Choose another port.`,
  })
  other.close()
})
