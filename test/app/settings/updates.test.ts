import { describe, expect, it } from 'vitest'
import type { UpdateOffer, Updater } from '../../../src-main/app/settings/updates.ts'
import { failureCode } from '../failure-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { testApp } from '../test-app.ts'

function updaterOf(offers: (UpdateOffer | null)[]) {
  const asked: string[] = []
  const updater: Updater = {
    host: 'updates.example',
    async check(channel) {
      asked.push(channel)
      return offers.shift() ?? null
    },
    async *download(_signal, onRequest) {
      // As a release that lies elsewhere is fetched: in pieces, after a redirect.
      for (const host of ['updates.example', 'files.example', 'files.example']) onRequest(host)
      yield { doneBytes: 5, totalBytes: 10 }
      yield { doneBytes: 10, totalBytes: 10 }
    },
    restart: () => void asked.push('restart'),
  }
  return { updater, asked }
}

describe('updates', () => {
  it('are off at first: nobody is asked', async () => {
    const { updater, asked } = updaterOf([])
    const app = await testApp({ updater })
    expect((await app.call('settings.get', {})).updates).toBe('off')
    expect(await app.call('updates.check', {})).toEqual({ kind: 'off' })
    expect(asked).toEqual([])
    expect(await app.call('network.list', {})).toEqual([])
  })

  it('can’t be had where no installer installed the program', async () => {
    const app = await testApp()
    await app.call('settings.update', { updates: 'stable' })
    expect(await app.call('updates.check', {})).toEqual({ kind: 'unsupported' })
    expect(await app.call('network.list', {})).toEqual([])
  })

  it('are asked for in the chosen channel, downloaded when the person says so, and listed as requests', async () => {
    const { updater, asked } = updaterOf([{ version: '2.0.0', signedAt: 5 }, null])
    const app = await testApp({ updater })
    await app.call('settings.update', { updates: 'beta' })
    expect(await app.call('updates.check', {})).toEqual({ kind: 'available', version: '2.0.0' })
    expect(asked).toEqual(['beta'])
    const seen: unknown[] = []
    await app.call('updates.install', {}, (event) => seen.push(event))
    expect(seen.at(-1)).toEqual({ doneBytes: 10, totalBytes: 10 })
    expect(asked).toEqual(['beta', 'restart'])
    const listed = (await app.call('network.list', {})).map(({ host, purpose, outcome, receivedBytes }) => {
      return { host, purpose, outcome, receivedBytes }
    })
    expect(listed).toEqual([
      { host: 'files.example', purpose: 'update', outcome: 'done', receivedBytes: 0 },
      { host: 'updates.example', purpose: 'update', outcome: 'done', receivedBytes: 10 },
      { host: 'updates.example', purpose: 'update', outcome: 'done', receivedBytes: 0 },
    ])
    expect(await app.call('updates.check', {})).toEqual({ kind: 'current' })
    expect(await failureCode(() => app.call('updates.install', {}))).toBe('no-update')
  })

  it('take back a version by a newer signature, and no old offer, in another start either', async () => {
    const dataDirectory = temporaryFolder()
    const first = updaterOf([
      { version: '2.0.0', signedAt: 5 },
      { version: '1.9.0', signedAt: 6 },
    ])
    const app = await testApp({ updater: first.updater, dataDirectory })
    await app.call('settings.update', { updates: 'stable' })
    await app.call('updates.check', {})
    expect(await app.call('updates.check', {})).toEqual({ kind: 'available', version: '1.9.0' })
    await app.close()
    const replayed = updaterOf([{ version: '2.0.0', signedAt: 5 }])
    const again = await testApp({ updater: replayed.updater, dataDirectory })
    expect(await failureCode(() => again.call('updates.check', {}))).toBe('update-outdated')
    expect(await failureCode(() => again.call('updates.install', {}))).toBe('no-update')
  })
})
