/** Servers that only this machine reaches. */
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Failure } from '../contract/failure.ts'

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
  return (server.address() as AddressInfo).port
}

function portFailure(port: number, cause: NodeJS.ErrnoException): Failure {
  return cause.code === 'EADDRINUSE'
    ? new Failure('port-in-use', `Port ${port} is used by another program. Choose another port.`, {
        cause,
      })
    : new Failure('port-refused', `Port ${port} can't be used: ${cause.message}. Choose another port.`, {
        cause,
      })
}

/** Whether the request was made to this machine by its own name: a rebound foreign name is not. */
export function hasHost({ headers }: IncomingMessage, port: number): boolean {
  return headers.host === `127.0.0.1:${port}` || headers.host === `localhost:${port}`
}
