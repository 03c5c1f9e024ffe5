import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openNetworkLog, type NetworkLog } from '../../../src-main/app/network/network-log.ts'
import { openStorage } from '../../../src-main/app/storage/storage.ts'
import { fileServer } from '../models/file-server.ts'
import { temporaryFolder } from '../temporary-folder.ts'

function openLog(reach: typeof fetch = fetch, directory = temporaryFolder()): NetworkLog {
  const storage = openStorage(directory)
  onTestFinished(() => storage.close())
  return openNetworkLog(storage, reach)
}

async function serveWith(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('the log of the network', () => {
  it('has the host, the purpose and the bytes of what was fetched', async () => {
    const { url } = await fileServer({ content: Buffer.alloc(100_000) })
    const log = openLog()
    const response = await log.networkFor('model', 'Small').fetch(url, {})
    expect(log.list()).toMatchObject([{ outcome: 'running' }])
    expect((await response.arrayBuffer()).byteLength).toBe(100_000)
    expect(log.list()).toMatchObject([
      {
        host: new URL(url).host,
        purpose: 'model',
        subject: 'Small',
        receivedBytes: 100_000,
        outcome: 'done',
      },
    ])
    log.clear()
    expect(log.list()).toEqual([])
  })

  it('has every host that a redirect leads to', async () => {
    const { url } = await fileServer({ content: Buffer.from('model') })
    const origin = await serveWith((_request, response) => response.writeHead(302, { location: url }).end())
    const log = openLog()
    const response = await log.networkFor('model', 'Small').fetch(origin, {})
    expect(await response.text()).toBe('model')
    expect(log.list().map(({ host, outcome }) => [host, outcome])).toEqual([
      [new URL(url).host, 'done'],
      [new URL(origin).host, 'redirected'],
    ])
  })

  it('follows no redirect out of encryption, and none without an end', async () => {
    const log = openLog(async (url) => {
      const location = String(url).startsWith('https')
        ? 'http://plain.example/'
        : 'http://plain.example/again'
      return new Response(null, { status: 302, headers: { location } })
    })
    const network = log.networkFor('model', 'Small')
    await expect(network.fetch('https://safe.example/', {})).rejects.toMatchObject({
      code: 'redirected-unsafely',
    })
    expect(log.list().map(({ host }) => host)).toEqual(['safe.example'])
    await expect(network.fetch('http://plain.example/', {})).rejects.toMatchObject({
      code: 'redirected-too-often',
    })
  })

  it('tells what was refused, cut, given up and unreachable', async () => {
    const content = Buffer.alloc(100_000)
    const log = openLog()
    const network = log.networkFor('model', 'Small')
    const last = () => log.list()[0]

    await (await network.fetch((await fileServer({ content, status: 404 })).url, {})).arrayBuffer()
    expect(last()).toMatchObject({ outcome: 'refused' })

    const cut = await network.fetch((await fileServer({ content, cuts: [10] })).url, {})
    await expect(cut.arrayBuffer()).rejects.toThrow()
    expect(last()).toMatchObject({ outcome: 'failed', receivedBytes: 10 })

    const stop = new AbortController()
    const stalled = await fileServer({ content, stalls: [10] })
    await network.fetch(stalled.url, { signal: stop.signal })
    stop.abort()
    expect(last()).toMatchObject({ outcome: 'failed' })

    await expect(network.fetch('http://127.0.0.1:1/', {})).rejects.toThrow()
    expect(last()).toMatchObject({ outcome: 'failed', host: '127.0.0.1:1' })
  })

  it('forgets all but the newest, and ends what a crash left going on', () => {
    const directory = temporaryFolder()
    const storage = openStorage(directory)
    const log = openNetworkLog(storage, fetch)
    for (let i = 0; i < 4; i++) log.networkFor('model', `Model ${i}`).record('index.example')
    const [newest] = log.list()
    if (newest === undefined) throw new Error('Nothing was logged.')
    storage.network.insert({ ...newest, id: 'one more' }, 3)
    expect(log.list().map(({ id, outcome }) => [id, outcome])).toMatchObject([
      ['one more', 'running'],
      [newest.id, 'running'],
      [expect.any(String), 'running'],
    ])
    storage.close()
    expect(openLog(fetch, directory).list()).toMatchObject(
      ['failed', 'failed', 'failed'].map((outcome) => ({ outcome })),
    )
  })
})
