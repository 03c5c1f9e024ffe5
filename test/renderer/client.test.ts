import { expect, test } from 'vitest'
import type { Channel, ClientMessage, ServerMessage } from '../../src-main/contract/protocol.ts'
import { ChannelClient } from '../../src-renderer/channel/client.ts'

/** The host's end of a channel: what the client sent, and a way to answer and to go away. */
function hostEnd() {
  const sent: ClientMessage[] = []
  let receiver: (message: ServerMessage) => void = () => {}
  const closers: (() => void)[] = []
  const channel: Channel<ServerMessage, ClientMessage> = {
    send: (message) => void sent.push(message),
    receive: (listener) => (receiver = listener),
    closed: (listener) => void closers.push(listener),
  }
  return {
    sent,
    channel,
    answer: (message: ServerMessage) => receiver(message),
    close: () => closers.forEach((closed) => closed()),
  }
}

test('a call made before the channel is open waits for it', async () => {
  const client = new ChannelClient()
  const models = client.call('models.list', {})
  const host = hostEnd()
  client.attach(host.channel)
  expect(host.sent).toEqual([{ kind: 'call', id: 1, procedure: 'models.list', input: {} }])
  host.answer({ kind: 'result', id: 1, result: [] })
  await expect(models).resolves.toEqual([])
})

test('events go to their own call, the result ends it', async () => {
  const client = new ChannelClient()
  const host = hostEnd()
  client.attach(host.channel)
  const events: unknown[] = []
  const pulled = client.call('models.pull', { id: 'a' }, { onEvent: (event) => events.push(event) })
  void client.call('models.list', {})
  const event = { doneBytes: 1, totalBytes: 2, phase: 'download' }
  host.answer({ kind: 'event', id: 2, event: 'of the other call' })
  host.answer({ kind: 'event', id: 1, event })
  host.answer({ kind: 'result', id: 1, result: { id: 'a' } })
  host.answer({ kind: 'event', id: 1, event: 'too late' })
  await expect(pulled).resolves.toEqual({ id: 'a' })
  expect(events).toEqual([event])
})

test('a failure keeps its code and its words', async () => {
  const client = new ChannelClient()
  const host = hostEnd()
  client.attach(host.channel)
  const models = client.call('models.list', {})
  host.answer({ kind: 'failure', id: 1, failure: { code: 'disk-full', message: 'The disk is full.' } })
  await expect(models).rejects.toMatchObject({ code: 'disk-full', message: 'The disk is full.' })
})

test('aborting asks the host to stop once; the call ends with what the host answers', async () => {
  const client = new ChannelClient()
  const host = hostEnd()
  client.attach(host.channel)
  const controller = new AbortController()
  const run = client.call('runs.cancel', { id: 'r' }, { signal: controller.signal })
  controller.abort()
  expect(host.sent.slice(1)).toEqual([{ kind: 'cancel', id: 1 }])
  host.answer({ kind: 'result', id: 1, result: { id: 'r' } })
  await expect(run).resolves.toEqual({ id: 'r' })
})

test('a call that was aborted while it waited for a channel is never sent', async () => {
  const client = new ChannelClient()
  const controller = new AbortController()
  const models = client.call('models.list', {}, { signal: controller.signal })
  controller.abort()
  await expect(models).rejects.toMatchObject({ code: 'cancelled' })
  const host = hostEnd()
  client.attach(host.channel)
  expect(host.sent).toEqual([])
})

test('calls under way on a channel that closes fail; later ones wait for the next channel', async () => {
  const client = new ChannelClient()
  const first = hostEnd()
  client.attach(first.channel)
  const lost = client.call('models.list', {})
  first.close()
  await expect(lost).rejects.toMatchObject({ code: 'connection-lost' })

  const later = client.call('models.list', {})
  const second = hostEnd()
  client.attach(second.channel)
  // The old channel's end is no news any more.
  first.close()
  second.answer({ kind: 'result', id: 2, result: [] })
  await expect(later).resolves.toEqual([])
})
