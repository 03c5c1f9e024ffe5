/** Downloads a file over HTTP into a part file, going on where a cut download ended. */
import { open, rm, stat } from 'node:fs/promises'
import { Failure } from '../../contract/failure.ts'
import type { Network } from '../network/network-log.ts'

export interface WaitingLimits {
  /** Until a server answers: one that can't be reached must not hold up the next source. */
  readonly answerMs: number
  /** Without a byte: then the connection is taken for cut. */
  readonly stallMs: number
}

export const waitingLimits: WaitingLimits = { answerMs: 5_000, stallMs: 30_000 }

/** So many connections in a row that bring nothing, and the download is given up; what has come stays. */
const maxFruitless = 3

/** A chunk is some kilobytes: telling of each would flood the screens. */
const progressSteps = 500

export interface Download {
  readonly url: string
  readonly partPath: string
  readonly totalBytes: number
}

/**
 * Yields how many bytes are there, until all are. Whether they are the right ones, the caller checks.
 *
 * Errors: `source-unreachable`, `source-refused` (an HTTP status), `source-mismatch` (another size),
 * `download-cut`. Aborting rejects and keeps the part file.
 */
export async function* downloadHttps(
  download: Download,
  network: Network['fetch'],
  signal: AbortSignal,
  limits = waitingLimits,
): AsyncGenerator<number, void> {
  for (let fruitless = 0; ;) {
    const before = await fileSize(download.partPath)
    if (before === download.totalBytes) return
    if (before > download.totalBytes) await rm(download.partPath)
    try {
      yield* receiveRest(download, network, signal, limits)
      return
    } catch (error) {
      if (!(error instanceof ConnectionCut) || signal.aborted) throw error
      fruitless = (await fileSize(download.partPath)) > before ? 0 : fruitless + 1
      if (fruitless === maxFruitless) {
        throw new Failure('download-cut', `${hostOf(download.url)} closed the connection before the end`, {
          cause: error,
        })
      }
    }
  }
}

/** One connection: from the part file's end to the end of the file. */
async function* receiveRest(
  download: Download,
  network: Network['fetch'],
  signal: AbortSignal,
  limits: WaitingLimits,
): AsyncGenerator<number, void> {
  const connection = new AbortController()
  const hangUp = (): void => connection.abort()
  const bothSignals = AbortSignal.any([signal, connection.signal])
  let timer = setTimeout(hangUp, limits.answerMs)
  try {
    const response = await request(download, network, bothSignals)
    clearTimeout(timer)
    timer = setTimeout(hangUp, limits.stallMs)
    // A server that can't continue answers 200 and sends all from the start.
    const continues = response.status === 206
    let doneBytes = continues ? await fileSize(download.partPath) : 0
    let nextToTell = 0
    await using file = await open(download.partPath, continues ? 'a' : 'w')
    for await (const chunk of body(response)) {
      timer.refresh()
      doneBytes += chunk.length
      if (doneBytes > download.totalBytes) throw mismatch(download)
      await file.appendFile(chunk)
      if (doneBytes < nextToTell && doneBytes < download.totalBytes) continue
      nextToTell = doneBytes + download.totalBytes / progressSteps
      yield doneBytes
    }
    if (doneBytes < download.totalBytes) throw new ConnectionCut('The body ended early.')
  } finally {
    clearTimeout(timer)
    hangUp()
  }
}

async function request(
  download: Download,
  network: Network['fetch'],
  signal: AbortSignal,
): Promise<Response> {
  const { url, partPath, totalBytes } = download
  const from = await fileSize(partPath)
  let response: Response
  try {
    response = await network(url, { headers: from > 0 ? { range: `bytes=${from}-` } : {}, signal })
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('source-unreachable', `${hostOf(url)} can't be reached`, { cause: error })
  }
  if (!response.ok) {
    throw new Failure('source-refused', `${hostOf(url)} answered with status ${response.status}`)
  }
  const length = response.headers.get('content-length')
  const expected = response.status === 206 ? totalBytes - from : totalBytes
  const encoded = response.headers.get('content-encoding') !== null
  if (length !== null && !encoded && Number(length) !== expected) throw mismatch(download)
  return response
}

/** The body's chunks, so that what the network throws can be told from what the disk does. */
async function* body(response: Response): AsyncGenerator<Uint8Array, void> {
  if (response.body === null) return
  try {
    yield* response.body
  } catch (error) {
    throw new ConnectionCut('The connection was cut.', { cause: error })
  }
}

class ConnectionCut extends Error {}

function mismatch({ url }: Download): Failure {
  return new Failure('source-mismatch', `${hostOf(url)} has a file of another size there`)
}

async function fileSize(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.size,
    () => 0,
  )
}

function hostOf(url: string): string {
  return new URL(url).host
}
