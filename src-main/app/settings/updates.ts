/** Updates of Veranda itself: asked for only where the person has chosen a channel, and written down like any request. */
import type { UpdateState } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { Network, NetworkLog, RequestRecord } from '../network/network-log.ts'
import type { Storage } from '../storage/storage.ts'
import type { SettingsService } from './settings.ts'

export type UpdateChannel = 'stable' | 'beta'

/** A version that its makers have signed; it may be an older one, where a release was withdrawn. */
export interface UpdateOffer {
  readonly version: string
  /** When the offer was signed, in milliseconds since 1970. */
  readonly signedAt: number
}

/** What a host brings that an installer has installed. */
export interface Updater {
  /** Where it asks. */
  readonly host: string
  /**
   * What the channel offers; null where that is the running version. Fails where the offer isn't rightly signed.
   *
   * @param onRequest is told the host of each request, redirected ones too, before it is made
   */
  check(channel: UpdateChannel, onRequest: (host: string) => void): Promise<UpdateOffer | null>
  /** Downloads what `check` found last and checks it. */
  download(
    signal: AbortSignal,
    onRequest: (host: string) => void,
  ): AsyncGenerator<{ readonly doneBytes: number; readonly totalBytes: number }, void>
  /** Ends the app and starts the downloaded version. */
  restart(): void
}

export interface Updates {
  check(): Promise<UpdateState>
  install(signal: AbortSignal): AsyncGenerator<{ doneBytes: number; totalBytes: number }, null>
}

/** The setting under which the newest signature that was ever seen is kept. */
const newestSignature = 'updates.newestSignature'

export interface UpdateParts {
  readonly storage: Storage
  readonly settings: SettingsService
  readonly networkLog: NetworkLog
  readonly updater: Updater | undefined
}

export function openUpdates({ storage, settings, networkLog, updater }: UpdateParts): Updates {
  let offered: UpdateOffer | null = null

  return {
    async check() {
      offered = null
      const channel = settings.get().updates
      if (updater === undefined) return { kind: 'unsupported' }
      if (channel === 'off') return { kind: 'off' }
      const lines = recordHosts(networkLog.networkFor('update', channel), updater.host)
      try {
        const offer = await updater.check(channel, lines.asked)
        lines.end('done')
        if (offer === null) return { kind: 'current' }
        // Whoever holds an old list of offers must not be able to bring an old version back with it.
        const newest = Number(storage.settings.get(newestSignature) ?? 0)
        if (offer.signedAt < newest) throw outdated(updater.host)
        storage.settings.put(newestSignature, offer.signedAt)
        offered = offer
        return { kind: 'available', version: offer.version }
      } finally {
        lines.end('failed')
      }
    },

    async *install(signal) {
      if (updater === undefined || offered === null) {
        throw new Failure('no-update', 'There is no update to install. Check for updates first.')
      }
      const lines = recordHosts(networkLog.networkFor('update', offered.version), updater.host)
      try {
        for await (const progress of updater.download(signal, lines.asked)) {
          lines.received(progress.doneBytes)
          yield progress
        }
        lines.end('done')
      } finally {
        lines.end('failed')
      }
      updater.restart()
      return null
    },
  }
}

/**
 * Lines of the log for all that one task asks: one a host, since an update is fetched in many small pieces. The bytes
 * are said of the host where it was asked first.
 */
function recordHosts(network: Network, first: string): RequestRecord & { asked(host: string): void } {
  const line = network.record(first)
  const further = new Map<string, RequestRecord>()
  return {
    asked(host) {
      if (host !== first && !further.has(host)) further.set(host, network.record(host))
    },
    received: line.received,
    end(outcome) {
      for (const each of [line, ...further.values()]) each.end(outcome)
    },
  }
}

function outdated(host: string): Failure {
  return new Failure(
    'update-outdated',
    sentence`${host} offers an update that was signed before one that was seen already. Nothing was installed; try again later.`,
  )
}
