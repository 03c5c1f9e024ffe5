/** OpenAI's chat completions over the app's models and adapters, for other programs of this machine. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Services } from '../../app/services.ts'
import { hasHost, listen } from '../loopback.ts'
import { sameSecret } from '../secret.ts'
import { ApiError, errorBody, toApiError } from './api-error.ts'
import { complete, sendJson } from './chat-completions.ts'
import { readCompletion } from './completion-request.ts'

const maxBodyBytes = 10_000_000
/** Each holds an answer or waits for its turn. */
const maxConnections = 64

export interface ApiServerOptions {
  readonly services: Pick<Services, 'models' | 'adapters' | 'chat'>
  /** What every request must bear. */
  readonly token: string
  /** 0 is any free port. */
  readonly port: number
}

export interface ApiServer {
  /** The base that clients are given, ending in /v1. */
  readonly address: string
  close(): Promise<void>
}

/**
 * Serves on 127.0.0.1.
 *
 * @throws Failure `port-in-use`, `port-refused`
 */
export async function startApiServer({ services, token, port: asked }: ApiServerOptions): Promise<ApiServer> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 })
  server.maxConnections = maxConnections
  const port = await listen(server, asked)
  server.on('request', (request, response) => {
    respond(request, response, services, token, port).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy()
      const known = toApiError(error)
      sendJson(response, known.status, errorBody(known))
    })
  })
  return {
    address: `http://127.0.0.1:${port}/v1`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  services: ApiServerOptions['services'],
  token: string,
  port: number,
): Promise<void> {
  if (!hasHost(request, port)) {
    throw new ApiError(403, 'foreign-host', 'Veranda answers to 127.0.0.1 and localhost only.')
  }
  if (!sameSecret(request.headers.authorization ?? '', `Bearer ${token}`)) {
    throw new ApiError(401, 'invalid_api_key', 'The token is not the one that “veranda serve” printed.')
  }
  switch (`${request.method} ${request.url?.split('?', 1)[0]}`) {
    case 'GET /v1/models':
      return sendJson(response, 200, { object: 'list', data: listModels(services) })
    case 'POST /v1/chat/completions':
      return await complete(services.chat, readCompletion(await readBody(request), services), response)
    default:
      throw new ApiError(404, 'not-found', `Veranda has no ${request.method} ${request.url}.`)
  }
}

/** Every model and every adapter, which is asked by its name as a model. */
function listModels({ models, adapters }: Pick<Services, 'models' | 'adapters'>): readonly object[] {
  const entry = (id: string, createdAt: number) => ({
    id,
    object: 'model',
    created: Math.floor(createdAt / 1000),
    owned_by: 'veranda',
  })
  return [
    ...models.list().map(({ id, createdAt }) => entry(id, createdAt)),
    ...adapters.list().map(({ name, createdAt }) => entry(name, createdAt)),
  ]
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxBodyBytes) {
      throw new ApiError(413, 'too-large', `The request is longer than ${maxBodyBytes / 1_000_000} MB.`)
    }
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}
