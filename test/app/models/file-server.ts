import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface FileServer {
  readonly url: string
  /** The `range` header of each request, in order. */
  readonly ranges: (string | undefined)[]
}

export interface FileServerOptions {
  readonly content: Buffer
  /** After so many bytes of the nth request's body the connection is cut. */
  readonly cuts?: readonly number[]
  /** After so many bytes of the nth request's body nothing more comes. */
  readonly stalls?: readonly number[]
  readonly acceptsRanges?: boolean
  readonly status?: number
  /** Takes the request and never answers. */
  readonly silent?: boolean
}

/** A loopback HTTP server with one file, which can cut, refuse and ignore. */
export async function fileServer(options: FileServerOptions): Promise<FileServer> {
  const ranges: (string | undefined)[] = []
  const server = createServer((request, response) => {
    ranges.push(request.headers.range)
    if (options.silent !== true) answer(options, ranges.length - 1, request, response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.gguf`, ranges }
}

function answer(
  { content, cuts, stalls, status = 200, acceptsRanges = true }: FileServerOptions,
  index: number,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const asked = acceptsRanges ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') : null
  const [from, to] = [Number(asked?.[1] ?? 0), Number(asked?.[2] || content.length - 1)]
  const body = content.subarray(from, to + 1)
  response.writeHead(asked === null ? status : 206, {
    'content-length': body.length,
    ...(asked !== null && { 'content-range': `bytes ${from}-${to}/${content.length}` }),
  })
  const cut = cuts?.[index]
  const stall = stalls?.[index]
  response.flushHeaders()
  if (cut !== undefined) response.write(body.subarray(0, cut), () => request.socket.destroySoon())
  else if (stall !== undefined) response.write(body.subarray(0, stall))
  else response.end(body)
}
