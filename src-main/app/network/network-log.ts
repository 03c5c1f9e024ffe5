/** Every request that the app makes over the network is written down before it is made, for the person to read. */
import { randomUUID } from 'node:crypto'
import type { NetworkOutcome, NetworkPurpose, NetworkRequest } from '../../contract/entities.ts'
import type { Storage } from '../storage/storage.ts'
import { recordedFetch } from './recorded-fetch.ts'

/** The older ones are forgotten. */
const keptRequests = 1_000
/** So many more bytes and the log is written again: what is going on can be watched, a crash loses little. */
const noteEveryBytes = 4_000_000

/** One line of the log, while it is going on. */
export interface RequestRecord {
  /** @param totalBytes all that has come so far */
  received(totalBytes: number): void
  /** The first call counts. */
  end(outcome: Exclude<NetworkOutcome, 'running'>): void
}

/** The way to the network for one purpose. */
export interface Network {
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Writes down what another program fetches for the app; `host` is said as well as it is known. */
  record(host: string): RequestRecord
}

export interface NetworkLog {
  /** Newest first. */
  list(): NetworkRequest[]
  clear(): void
  /** @param subject what is fetched, in words for the person */
  networkFor(purpose: NetworkPurpose, subject: string): Network
}

/** @param reach how the network is reached in the end */
export function openNetworkLog({ network }: Pick<Storage, 'network'>, reach: typeof fetch): NetworkLog {
  // Whatever was going on when the app ended is over.
  network.endRunning('failed')

  function record(purpose: NetworkPurpose, subject: string, host: string): RequestRecord {
    const id = randomUUID()
    const request = { id, startedAt: Date.now(), host, purpose, subject }
    network.insert({ ...request, receivedBytes: 0, outcome: 'running' }, keptRequests)
    let bytes = 0
    let notedBytes = 0
    let ended = false
    return {
      received(totalBytes) {
        bytes = totalBytes
        if (ended || bytes < notedBytes + noteEveryBytes) return
        notedBytes = bytes
        network.note({ id, receivedBytes: bytes, outcome: 'running' })
      },
      end(outcome) {
        if (ended) return
        ended = true
        network.note({ id, receivedBytes: bytes, outcome })
      },
    }
  }

  return {
    list: () => network.list(),
    clear: () => network.clear(),
    networkFor(purpose, subject) {
      const recordHost = (host: string): RequestRecord => record(purpose, subject, host)
      return { record: recordHost, fetch: recordedFetch(reach, recordHost) }
    },
  }
}
