/** A client that sends just what a test says, where a browser or `fetch` would correct or refuse it. */
import { request, type IncomingHttpHeaders } from 'node:http'
import { createConnection } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'

export type Headers = Readonly<Record<string, string>>

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Sends the path as it is given, `..` and all, under any `Host`. */
export function ask(port: number, path: string, headers: Headers = {}, method = 'GET'): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
  })
    .on('error', reject)
    .end()
  return promise
}

/** Sends the lines of a request's head as they are, where `request` would mend them; answers the status. */
export function sendLines(port: number, lines: readonly string[]): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const socket = createConnection({ host: '127.0.0.1', port })
  socket.once('data', (data) => {
    socket.destroy()
    resolve(Number(data.toString().split(' ')[1]))
  })
  socket.on('error', reject)
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return promise
}

/** Tries to open a WebSocket; answers the status it was refused with, if it was. */
export function connect(port: number, headers: Headers, path = '/channel'): Promise<WebSocket | number> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket | number>()
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
  socket.on('open', () => resolve(socket))
  socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
  socket.on('error', reject)
  return promise
}

/** Upgrades to the WebSocket protocol, sends the given bytes as they are and answers the first that come back. */
export function exchangeFrames(port: number, headers: Headers, bytes: Buffer): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }
  request({ host: '127.0.0.1', port, path: '/channel', headers: { ...upgrade, ...headers } })
    .on('upgrade', (_response, socket: Duplex) => {
      socket.once('data', (data: Buffer) => {
        socket.destroy()
        resolve(data)
      })
      socket.write(bytes)
    })
    .on('error', reject)
    .end()
  return promise
}

/** The next message, parsed. */
export function reply(socket: WebSocket): Promise<unknown> {
  return new Promise((resolve) =>
    socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString()))),
  )
}

/** The code that the other end closes the socket with. */
export function closeCode(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', resolve))
}
