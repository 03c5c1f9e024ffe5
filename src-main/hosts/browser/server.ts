import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { Handlers } from '../../contract/procedures.ts'
import { listen } from '../loopback.ts'
import { pageHeaders, readRendererFile } from '../renderer-files.ts'
import { serve } from '../serve.ts'
import { createAccess, type Access } from './access.ts'
import { refusal, type Refusal } from './refusal.ts'
import { webSocketChannel } from './web-socket-channel.ts'

/** The largest message of a screen is an import of examples: 90 million characters of base64, and its frame. */
const maxMessageBytes = 91_000_000
/** Connections at once: some windows, each with a socket and a few requests. */
const maxConnections = 64

export interface BrowserHostOptions {
  readonly handlers: Handlers
  /** The built renderer. */
  readonly rendererDirectory: string
  /** 0 is any free port. */
  readonly port: number
  readonly report?: (error: unknown) => void
  /** Told when somebody guesses at the printed address, which then is no longer good. */
  readonly onGuessing?: () => void
}

export interface BrowserHost {
  /** A new address that opens the app in one browser, once. */
  newAddress(): string
  close(): Promise<void>
}

/**
 * Serves the screens on 127.0.0.1.
 *
 * @throws Failure `port-in-use`, `port-refused`
 */
export async function startBrowserHost(options: BrowserHostOptions): Promise<BrowserHost> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 })
  server.maxConnections = maxConnections
  const port = await listen(server, options.port)
  const access = createAccess(port, options.onGuessing)
  const connections = [`ws://127.0.0.1:${port}`, `ws://localhost:${port}`]
  const headers = pageHeaders(connections)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes })

  server.on('request', (request, response) => {
    respond(request, response, access, options.rendererDirectory, headers).catch((error: unknown) => {
      options.report?.(error)
      refuse(response, refusal.broken, headers)
    })
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refused = checkUpgrade(request, access)
    if (refused !== null) return refuseUpgrade(socket, refused)
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // The `close` event follows; a protocol error or an oversized message is the other end's fault.
      webSocket.on('error', () => {})
      serve(options.handlers, webSocketChannel(webSocket), options)
    })
  })

  return {
    newAddress: () => `http://127.0.0.1:${port}/?token=${access.issueToken()}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  access: Access,
  rendererDirectory: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  if (!access.hasOwnHost(request)) return refuse(response, refusal.foreignHost, headers)
  if (access.isFromOtherSite(request)) return refuse(response, refusal.otherSite, headers)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refuse(response, refusal.method, { ...headers, Allow: 'GET, HEAD' })
  }
  const { path, token } = target(request)
  if (access.hasSession(request)) {
    // The printed address, opened once more in the browser that has the session.
    if (token !== null) return redirectHome(response, headers)
  } else {
    // A HEAD is a preview of a link, not somebody who opens it: it must not use the token up.
    const cookie = token !== null && request.method === 'GET' ? access.exchange(token) : null
    if (cookie !== null) return redirectHome(response, { ...headers, 'Set-Cookie': cookie })
    return refuse(response, token === null ? refusal.noSession : refusal.badToken, headers)
  }
  const file = await readRendererFile(rendererDirectory, path)
  if (file === null) return refuse(response, refusal.missing, headers)
  response.writeHead(200, {
    ...headers,
    'Content-Type': file.contentType,
    'Content-Length': file.bytes.byteLength,
  })
  response.end(request.method === 'HEAD' ? undefined : file.bytes)
}

/** Not read with `new URL`, which would resolve `..` and take a host from a target that begins with `//`. */
function target(request: IncomingMessage): { readonly path: string; readonly token: string | null } {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
  return { path, token: path === '/' ? new URLSearchParams(query).get('token') : null }
}

function redirectHome(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  response.writeHead(303, { ...headers, Location: '/' }).end()
}

function refuse(
  response: ServerResponse,
  { status, title, text }: Refusal,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'text/html; charset=utf-8',
    // Whatever else the other side was about to send (a body) is not waited for.
    Connection: 'close',
  })
  response.end(
    `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>\n`,
  )
}

function checkUpgrade(request: IncomingMessage, access: Access): Refusal | null {
  if (!access.hasOwnHost(request)) return refusal.foreignHost
  if (!access.hasOwnOrigin(request) || access.isFromOtherSite(request)) return refusal.foreignOrigin
  if (!access.hasSession(request)) return refusal.noSession
  if (request.url !== '/channel') return refusal.missing
  return null
}

function refuseUpgrade(socket: Duplex, { status, title, text }: Refusal): void {
  socket.on('error', () => {})
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\n`,
  )
}
