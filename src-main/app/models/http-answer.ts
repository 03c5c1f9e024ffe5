/** One request to a server that may be out of reach, refuse, stall or hang up. */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { Network } from '../network/network-log.ts'

export interface WaitingLimits {
  /** Until a server answers: one that can't be reached must not hold up the next source. */
  readonly answerMs: number
  /** Without a byte: then the connection is taken for cut. */
  readonly stallMs: number
}

export interface Connecting {
  readonly network: Network['fetch']
  readonly signal: AbortSignal
  readonly limits: WaitingLimits
}

export interface Answer {
  readonly response: Response
  /** The body as it comes; ends in `ConnectionCut` where the network ends it. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** What came so far is good; another connection may bring the rest. */
export class ConnectionCut extends Error {}

/**
 * Calls `use` with the answer to a request for a range (as the `range` header has it; null for the whole), and hangs
 * up then.
 *
 * @throws Failure `source-unreachable`, `source-refused` (an HTTP status)
 */
export async function* withAnswer<T, R>(
  url: string,
  range: string | null,
  { network, signal, limits }: Connecting,
  use: (answer: Answer) => AsyncGenerator<T, R>,
): AsyncGenerator<T, R> {
  const connection = new AbortController()
  const hangUp = (): void => connection.abort()
  let timer = setTimeout(hangUp, limits.answerMs)
  try {
    const response = await request(url, range, network, AbortSignal.any([signal, connection.signal]))
    clearTimeout(timer)
    timer = setTimeout(hangUp, limits.stallMs)
    return yield* use({ response, chunks: body(response, () => timer.refresh()) })
  } finally {
    clearTimeout(timer)
    hangUp()
  }
}

async function request(
  url: string,
  range: string | null,
  network: Network['fetch'],
  signal: AbortSignal,
): Promise<Response> {
  let response: Response
  try {
    response = await network(url, { headers: range === null ? {} : { range }, signal })
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('source-unreachable', sentence`${hostOf(url)} can't be reached`, { cause: error })
  }
  if (!response.ok) {
    throw new Failure('source-refused', sentence`${hostOf(url)} answered with status ${response.status}`)
  }
  return response
}

/** The body's chunks, so that what the network throws can be told from what the disk does. */
async function* body(response: Response, received: () => void): AsyncGenerator<Uint8Array, void> {
  if (response.body === null) return
  try {
    for await (const chunk of response.body) {
      received()
      yield chunk
    }
  } catch (error) {
    throw new ConnectionCut('The connection was cut.', { cause: error })
  }
}

/** The announced size of the body; null where it is not said, or not that of the bytes that arrive. */
export function announcedBytes({ headers }: Response): number | null {
  const length = headers.get('content-length')
  return length === null || headers.get('content-encoding') !== null ? null : Number(length)
}

export function mismatch(url: string): Failure {
  return new Failure('source-mismatch', sentence`${hostOf(url)} has a file of another size there`)
}

export function cutTooOften(url: string, cause: unknown): Failure {
  return new Failure('download-cut', sentence`${hostOf(url)} closed the connection before the end`, { cause })
}

function hostOf(url: string): string {
  return new URL(url).host
}
