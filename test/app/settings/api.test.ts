import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startApiServer } from '../../../src-main/hosts/api/server.ts'
import { failureCode } from '../failure-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { testApp, withModel } from '../test-app.ts'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function statusOf(address: string | null, key: string | null): Promise<number> {
  const headers = { authorization: `Bearer ${key}`, connection: 'close' }
  return (await fetch(`${address}/models`, { headers })).status
}

test('is off at first; on, it answers whoever has the key; off again, nobody', async () => {
  const app = await testApp({ serveApi: startApiServer })
  const model = await withModel(app)
  expect(await app.call('api.state', {})).toMatchObject({ enabled: false, address: null, key: null })
  const port = await freePort()
  const on = await app.call('api.update', { enabled: true, port })
  expect(on).toMatchObject({ enabled: true, address: `http://127.0.0.1:${port}/v1`, problem: null })
  expect(await statusOf(on.address, on.key)).toBe(200)
  expect(await statusOf(on.address, 'guessed')).toBe(401)
  const body = JSON.stringify({ model: model.id, messages: [{ role: 'user', content: 'hi' }] })
  const headers = { authorization: `Bearer ${on.key}`, connection: 'close' }
  const answered = await fetch(`${on.address}/chat/completions`, { method: 'POST', body, headers })
  expect(await answered.json()).toMatchObject({ object: 'chat.completion' })

  const renewed = await app.call('api.update', { renewKey: true })
  expect(renewed.key).not.toBe(on.key)
  expect(await statusOf(renewed.address, on.key)).toBe(401)
  expect(await statusOf(renewed.address, renewed.key)).toBe(200)

  await app.call('api.update', { enabled: false })
  await expect(statusOf(renewed.address, renewed.key)).rejects.toThrow()
})

test('what was chosen holds at the next start, and the server goes with the app', async () => {
  const dataDirectory = temporaryFolder()
  const first = await testApp({ dataDirectory, serveApi: startApiServer })
  const on = await first.call('api.update', { enabled: true, port: await freePort() })
  await first.close()
  await expect(statusOf(on.address, on.key)).rejects.toThrow()
  const second = await testApp({ dataDirectory, serveApi: startApiServer })
  expect(await second.call('api.state', {})).toEqual(on)
  expect(await statusOf(on.address, on.key)).toBe(200)
})

test('a port that another program has is refused, and what was on goes on; at the start it is told', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as AddressInfo
  const dataDirectory = temporaryFolder()
  const app = await testApp({ dataDirectory, serveApi: startApiServer })
  expect(await failureCode(() => app.call('api.update', { enabled: true, port }))).toBe('port-in-use')
  expect(await app.call('api.state', {})).toMatchObject({ enabled: false, address: null })
  const on = await app.call('api.update', { enabled: true, port: await freePort() })
  expect(await failureCode(() => app.call('api.update', { port }))).toBe('port-in-use')
  expect(await statusOf(on.address, on.key)).toBe(200)
  await app.close()

  const busy = createServer()
  await new Promise<void>((resolve) => busy.listen(on.port, '127.0.0.1', resolve))
  onTestFinished(() => void busy.close())
  const again = await testApp({ dataDirectory, serveApi: startApiServer })
  const state = await again.call('api.state', {})
  expect(state).toMatchObject({ enabled: true, address: null })
  expect(state.problem?.message).toContain(String(on.port))
})

test('a host without a server says so', async () => {
  const app = await testApp()
  expect(await app.call('api.state', {})).toMatchObject({ isAvailable: false, enabled: false })
  expect(await failureCode(() => app.call('api.update', { enabled: true }))).toBe('api-not-here')
})
