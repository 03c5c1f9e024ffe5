import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { signUpdate, verifyUpdate } from '../../../src-main/hosts/electron/update-signature.ts'
import { findUpdater, signedUpdater, type UpdateSource } from '../../../src-main/hosts/electron/updater.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const manifest = {
  version: '2.0.0',
  files: [{ url: 'Veranda-2.0.0-linux-x64.AppImage', sha512: 'c3Vt', size: 1000 }],
  path: 'Veranda-2.0.0-linux-x64.AppImage',
  releaseDate: '2026-11-24T00:00:00.000Z',
}
const signed = { ...manifest, ...signUpdate(manifest, privateKey, 5) }
const [file] = manifest.files
const unheard = (): void => {}

describe('a manifest’s signature', () => {
  test('is good for what was signed', () => {
    expect(verifyUpdate(signed, publicKey)).toEqual({ version: '2.0.0', signedAt: 5 })
    // What says nothing of the files may be added.
    expect(verifyUpdate({ ...signed, releaseNotes: 'New.' }, publicKey)).toEqual({
      version: '2.0.0',
      signedAt: 5,
    })
  })

  test.each([
    ['no signature', manifest],
    ['another version', { ...signed, version: '1.0.0' }],
    ['another file', { ...signed, files: [{ ...file, sha512: 'b3RoZXI=' }] }],
    ['another address', { ...signed, files: [{ ...file, url: 'https://attacker.example/a' }] }],
    ['one file more', { ...signed, files: [...manifest.files, file] }],
    ['a package to fetch besides', { ...signed, packages: { x64: { path: 'a.7z', sha512: 'c3Vt' } } }],
    ['no files', { ...signed, files: [] }],
    ['another time', { ...signed, veranda: { ...signed.veranda, signedAt: 6 } }],
    [
      'a signature of another key',
      { ...manifest, ...signUpdate(manifest, generateKeyPairSync('ed25519').privateKey, 5) },
    ],
    ['a signature that is none', { ...signed, veranda: { signedAt: 5, signature: '' } }],
    ['nothing', null],
  ])('is not good for %s', (_name, other) => {
    expect(() => verifyUpdate(other, publicKey)).toThrow('have not signed')
  })
})

/** Stands in for electron-updater: what it offers, and what it was told. */
function sourceOf(offer: object | null, download: () => Promise<string[]> = async () => []) {
  let beforeRequest: Parameters<UpdateSource['netSession']['webRequest']['onBeforeRequest']>[0] | undefined
  const listeners: ((progress: { transferred: number; total: number }) => void)[] = []
  const source = {
    autoDownload: true,
    autoInstallOnAppQuit: true,
    allowDowngrade: false,
    disableWebInstaller: false,
    channel: null as string | null,
    requestHeaders: null as UpdateSource['requestHeaders'],
    restarted: 0,
    netSession: {
      webRequest: { onBeforeRequest: (listener: typeof beforeRequest) => void (beforeRequest = listener) },
    },
    /** Whether a request may be made. */
    mayAsk(url: string): boolean {
      const answers: { cancel: boolean }[] = []
      beforeRequest?.({ url }, (answer) => answers.push(answer))
      return answers[0]?.cancel === false
    },
    checkForUpdates: async () =>
      ({ isUpdateAvailable: offer !== null, updateInfo: offer ?? manifest }) as unknown as Awaited<
        ReturnType<UpdateSource['checkForUpdates']>
      >,
    async downloadUpdate() {
      for (const listener of listeners) listener({ transferred: 500, total: 1000 })
      return await download()
    },
    quitAndInstall: () => void (source.restarted += 1),
    on(event: string, listener: (progress: { transferred: number; total: number }) => void) {
      if (event === 'download-progress') listeners.push(listener)
    },
  }
  return source
}

describe('the updater', () => {
  test('does nothing by itself, and sends no number that knows the installation again', () => {
    const source = sourceOf(null)
    signedUpdater(source, 'updates.example', publicPem)
    expect(source).toMatchObject({
      autoDownload: false,
      autoInstallOnAppQuit: false,
      // Its packages would be in no signature.
      disableWebInstaller: true,
      requestHeaders: { 'x-user-staging-id': '' },
    })
  })

  test('finds what the channel offers, signed, an older version too', async () => {
    const source = sourceOf(signed)
    const updater = signedUpdater(source, 'updates.example', publicPem)
    expect(await updater.check('stable', unheard)).toEqual({ version: '2.0.0', signedAt: 5 })
    expect(source).toMatchObject({ channel: 'latest', allowDowngrade: true })
    await updater.check('beta', unheard)
    expect(source.channel).toBe('beta')
    expect(
      await signedUpdater(sourceOf(null), 'updates.example', publicPem).check('stable', unheard),
    ).toBeNull()
  })

  test('tells every host that it asks, also after a redirect, and asks none without encryption', async () => {
    const source = sourceOf(signed)
    const updater = signedUpdater(source, 'updates.example', publicPem)
    const asked: string[] = []
    await updater.check('stable', (host) => asked.push(host))
    expect(source.mayAsk('https://updates.example/latest.yml')).toBe(true)
    expect(source.mayAsk('https://files.example/latest.yml')).toBe(true)
    expect(source.mayAsk('http://files.example/latest.yml')).toBe(false)
    expect(source.mayAsk('file:///etc/passwd')).toBe(false)
    expect(asked).toEqual(['updates.example', 'files.example'])
  })

  test('refuses what is not signed', async () => {
    const updater = signedUpdater(sourceOf({ ...signed, version: '3.0.0' }), 'updates.example', publicPem)
    await expect(updater.check('stable', unheard)).rejects.toMatchObject({ code: 'update-unsigned' })
  })

  test('tells how far a download is, and why it failed', async () => {
    const updater = signedUpdater(sourceOf(signed), 'updates.example', publicPem)
    const { signal } = new AbortController()
    const steps = []
    for await (const step of updater.download(signal, unheard)) steps.push(step)
    expect(steps.at(-1)).toEqual({ doneBytes: 500, totalBytes: 1000 })

    const broken = sourceOf(signed, () => Promise.reject(new Error('sha512 checksum mismatch')))
    const failing = signedUpdater(broken, 'updates.example', publicPem).download(signal, unheard)
    await expect(failing.next().then(() => failing.next())).rejects.toMatchObject({ code: 'update-failed' })
  })
})

test('a program without a feed or without a key has no updater', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'veranda-updater-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  expect(await findUpdater(folder)).toBeUndefined()
  writeFileSync(join(folder, 'app-update.yml'), 'provider: generic\nurl: https://updates.example/veranda\n')
  expect(await findUpdater(folder)).toBeUndefined()
  // Without encryption nobody is asked.
  mkdirSync(join(folder, 'resources'))
  writeFileSync(join(folder, 'resources', 'update-key.pem'), publicPem)
  writeFileSync(join(folder, 'app-update.yml'), 'provider: generic\nurl: http://updates.example/veranda\n')
  expect(await findUpdater(folder)).toBeUndefined()
})
