/** Updates of Veranda itself: asked for only where the person has chosen a channel, and written down like any request. */
import type { UpdateState } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { NetworkLog } from '../network/network-log.ts'
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
  /** What the channel offers; null where that is the running version. Fails where the offer isn't rightly signed. */
  check(channel: UpdateChannel): Promise<UpdateOffer | null>
  /** Downloads what `check` found last and checks it. */
  download(
    signal: AbortSignal,
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
      const line = networkLog.networkFor('update', channel).record(updater.host)
      try {
        const offer = await updater.check(channel)
        line.end('done')
        if (offer === null) return { kind: 'current' }
        // Whoever holds an old list of offers must not be able to bring an old version back with it.
        const newest = Number(storage.settings.get(newestSignature) ?? 0)
        if (offer.signedAt < newest) throw outdated(updater.host)
        storage.settings.put(newestSignature, offer.signedAt)
        offered = offer
        return { kind: 'available', version: offer.version }
      } finally {
        line.end('failed')
      }
    },

    async *install(signal) {
      if (updater === undefined || offered === null) {
        throw new Failure('no-update', 'There is no update to install. Check for updates first.')
      }
      const line = networkLog.networkFor('update', offered.version).record(updater.host)
      try {
        for await (const progress of updater.download(signal)) {
          line.received(progress.doneBytes)
          yield progress
        }
        line.end('done')
      } finally {
        line.end('failed')
      }
      updater.restart()
      return null
    },
  }
}

function outdated(host: string): Failure {
  return new Failure(
    'update-outdated',
    sentence`${host} offers an update that was signed before one that was seen already. Nothing was installed; try again later.`,
  )
}
