/** Servers that only this machine reaches, and of its users, where the system tells them apart, only this one. */
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import { ownerOf } from './connection-owner.ts'

/**
 * Listens on 127.0.0.1 and answers the port; 0 asks for any free one.
 *
 * @throws Failure `port-in-use`, `port-refused`
 */
export async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(portFailure(port, error)))
    server.listen({ host: '127.0.0.1', port }, resolve)
  })
  const listening = (server.address() as AddressInfo).port
  server.on('connection', (socket: Socket) => {
    if (!isOwn(socket, listening)) socket.destroy()
  })
  return listening
}

/** An address with a token in it passes through the command line of a browser, where other users can read it. */
function isOwn(socket: Socket, serverPort: number): boolean {
  const user = process.getuid?.()
  if (user === undefined || socket.remotePort === undefined) return true
  const owner = ownerOf({ port: socket.remotePort, serverPort })
  // root can read our memory anyway, and forwards connections of machines in machines.
  return owner === null || owner === user || owner === 0
}

function portFailure(port: number, cause: NodeJS.ErrnoException): Failure {
  return cause.code === 'EADDRINUSE'
    ? new Failure('port-in-use', sentence`Port ${port} is used by another program. Choose another port.`, {
        cause,
      })
    : new Failure(
        'port-refused',
        sentence`Port ${port} can't be used: ${cause.message}. Choose another port.`,
        {
          cause,
        },
      )
}

/**
 * Whether the request was made to this machine by its own name: a rebound foreign name is not, nor is one that names
 * two (of which `headers.host` would be the first).
 */
export function hasHost({ headersDistinct }: IncomingMessage, port: number): boolean {
  const { host: [name, ...others] = [] } = headersDistinct
  return others.length === 0 && (name === `127.0.0.1:${port}` || name === `localhost:${port}`)
}
