/** electron-updater as the app's `Updater`: it asks only when told to, and what it finds must be signed. */
import { createPublicKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AppUpdater } from 'electron-updater'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { Updater } from '../../app/settings/updates.ts'
import { verifyUpdate } from './update-signature.ts'

/** The part of electron-updater that is used. */
export type UpdateSource = Pick<
  AppUpdater,
  | 'autoDownload'
  | 'autoInstallOnAppQuit'
  | 'allowDowngrade'
  | 'disableWebInstaller'
  | 'channel'
  | 'requestHeaders'
  | 'checkForUpdates'
  | 'downloadUpdate'
  | 'quitAndInstall'
> & {
  on(
    event: 'download-progress',
    listener: (progress: { transferred: number; total: number }) => void,
  ): unknown
  on(event: 'error', listener: () => void): unknown
  /** Through which every request of it goes. */
  readonly netSession: {
    readonly webRequest: {
      onBeforeRequest(
        listener: (
          details: { readonly url: string },
          answer: (response: { cancel: boolean }) => void,
        ) => void,
      ): void
    }
  }
}

/** undefined where this program can't be updated: it was not installed by an installer, or is built without a key. */
export async function findUpdater(resourcesPath: string): Promise<Updater | undefined> {
  const feed = join(resourcesPath, 'app-update.yml')
  const key = join(resourcesPath, 'resources', 'update-key.pem')
  if (!existsSync(feed) || !existsSync(key)) return undefined
  const host = /^url:\s*['"]?https:\/\/([^/'"\s]+)/m.exec(readFileSync(feed, 'utf8'))?.[1]
  if (host === undefined) return undefined
  const { default: library } = await import('electron-updater')
  return signedUpdater(library.autoUpdater, host, readFileSync(key, 'utf8'))
}

/** @param publicKey in PEM */
export function signedUpdater(source: UpdateSource, host: string, publicKey: string): Updater {
  const key = createPublicKey(publicKey)
  source.autoDownload = false
  source.autoInstallOnAppQuit = false
  source.disableWebInstaller = true
  // It would send a number that knows this installation again; no server needs one of ours.
  source.requestHeaders = { 'x-user-staging-id': '' }
  let asked: (host: string) => void = () => {}
  source.netSession.webRequest.onBeforeRequest(({ url }, answer) => {
    const { protocol, host } = new URL(url)
    const isSafe = protocol === 'https:'
    if (isSafe) asked(host)
    answer({ cancel: !isSafe })
  })
  let told: (progress: { transferred: number; total: number }) => void = () => {}
  source.on('download-progress', (progress) => told(progress))
  // Every failure is also the rejection of the call that caused it.
  source.on('error', () => {})

  return {
    host,
    async check(channel, onRequest) {
      asked = onRequest
      source.channel = channel === 'beta' ? 'beta' : 'latest'
      // A release that was withdrawn is replaced by an offer of the one before it.
      source.allowDowngrade = true
      const found = await source.checkForUpdates().catch((cause: unknown) => {
        throw new Failure(
          'update-check-failed',
          sentence`${host} could not be asked for an update. Try again later.`,
          {
            cause,
          },
        )
      })
      if (found === null || !found.isUpdateAvailable) return null
      return verifyUpdate(found.updateInfo, key)
    },
    async *download(signal, onRequest) {
      asked = onRequest
      const progress = { doneBytes: 0, totalBytes: 0 }
      let wake: () => void = () => {}
      told = ({ transferred, total }) => {
        Object.assign(progress, { doneBytes: transferred, totalBytes: total })
        wake()
      }
      let ended = false
      const downloading = source.downloadUpdate().finally(() => {
        ended = true
        wake()
      })
      // Handled below; without this a failure during the wait would end the process.
      downloading.catch(() => {})
      signal.addEventListener('abort', () => wake())
      while (!ended) {
        await new Promise<void>((resolve) => (wake = resolve))
        signal.throwIfAborted()
        yield { ...progress }
      }
      await downloading.catch((cause: unknown) => {
        throw new Failure(
          'update-failed',
          sentence`The update could not be downloaded from ${host}. Nothing was installed.`,
          {
            cause,
          },
        )
      })
    },
    restart: () => source.quitAndInstall(),
  }
}
