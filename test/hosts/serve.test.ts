import { expect, test, vi } from 'vitest'
import { Failure } from '../../src-main/contract/failure.ts'
import type { Handlers } from '../../src-main/contract/procedures.ts'
import type { ServerMessage } from '../../src-main/contract/protocol.ts'
import { noCall, serve, type ServeOptions } from '../../src-main/hosts/serve.ts'
import { partialHandlers } from './partial-handlers.ts'

/** A served channel: what is said goes in, what is heard comes out. */
function open(given: Partial<Handlers>, options?: ServeOptions) {
  const heard: ServerMessage[] = []
  let say: (message: unknown) => void = () => {}
  let close = (): void => {}
  serve(
    partialHandlers(given),
    {
      send: (message) => void heard.push(message),
      receive: (listener) => (say = listener),
      closed: (listener) => (close = listener),
    },
    options,
  )
  return {
    heard,
    say: (message: unknown) => say(message),
    close: () => close(),
    hears: (count: number) => vi.waitFor(() => expect(heard).toHaveLength(count), { interval: 1 }),
  }
}

const info = { version: '1', dataDirectory: '/d', canPickFile: false, engine: 'ready' } as const
const appInfo: Partial<Handlers> = {
  async *'app.info'() {
    return info
  },
}

/** Streams one event, then waits for the cancel. */
function pulling(seen: { aborted: boolean }): Partial<Handlers> {
  return {
    async *'models.pull'(_input, signal) {
      yield { doneBytes: 1, totalBytes: 2, phase: 'download' }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      seen.aborted = true
      throw new Failure('stopped', 'The download was stopped.')
    },
  }
}

test('streams events, then the result, under the id of the call', async () => {
  const channel = open({
    async *'models.pull'({ id }) {
      yield { doneBytes: 1, totalBytes: 2, phase: 'download' }
      throw new Failure('no-source', `No source has “${id}”.`)
    },
    ...appInfo,
  })
  channel.say({ kind: 'call', id: 1, procedure: 'models.pull', input: { id: 'm' } })
  await channel.hears(2)
  channel.say({ kind: 'call', id: 2, procedure: 'app.info', input: {} })
  await channel.hears(3)
  expect(channel.heard).toEqual([
    { kind: 'event', id: 1, event: { doneBytes: 1, totalBytes: 2, phase: 'download' } },
    { kind: 'failure', id: 1, failure: { code: 'no-source', message: 'No source has “m”.' } },
    { kind: 'result', id: 2, result: info },
  ])
})

test('a handler sees the parsed input, without what the contract does not name', async () => {
  const inputs: unknown[] = []
  const channel = open({
    async *'models.remove'(input) {
      inputs.push(input)
      return null
    },
  })
  channel.say({ kind: 'call', id: 1, procedure: 'models.remove', input: { id: 'm', path: '/etc/passwd' } })
  await channel.hears(1)
  expect(inputs).toEqual([{ id: 'm' }])
})

test.each([
  ['text', 'hello', noCall],
  ['null', null, noCall],
  ['another kind', { kind: 'shout', id: 5 }, 5],
  ['an id that is no number', { kind: 'call', id: 'x', procedure: 'app.info' }, noCall],
  ['a procedure that is no text', { kind: 'call', id: 6, procedure: {} }, 6],
])('a malformed message (%s) is answered with a failure', async (_name, message, id) => {
  const channel = open(appInfo)
  channel.say(message)
  expect(channel.heard).toMatchObject([{ kind: 'failure', id, failure: { code: 'malformed-message' } }])
  channel.say({ kind: 'call', id: 9, procedure: 'app.info', input: {} })
  await channel.hears(2)
  expect(channel.heard[1]).toMatchObject({ kind: 'result', id: 9 })
})

test.each(['nonsense', 'constructor', '__proto__', 'hasOwnProperty'])(
  'an unknown procedure (%s) is answered with a failure',
  (procedure) => {
    const channel = open(appInfo)
    channel.say({ kind: 'call', id: 1, procedure, input: {} })
    expect(channel.heard).toMatchObject([{ kind: 'failure', id: 1, failure: { code: 'unknown-procedure' } }])
  },
)

test('input that does not fit is answered with a failure that names the field', async () => {
  const channel = open(appInfo)
  channel.say({ kind: 'call', id: 1, procedure: 'models.pull', input: { id: 7 } })
  await channel.hears(1)
  expect(channel.heard).toMatchObject([{ kind: 'failure', id: 1, failure: { code: 'bad-input' } }])
  expect(JSON.stringify(channel.heard)).toContain('at id')
})

test('an unexpected error is reported to the host and answered under the code “internal”', async () => {
  const reported: unknown[] = []
  const error = new TypeError('an index is off')
  const channel = open(
    {
      async *'app.info'(): AsyncGenerator<never, never> {
        throw error
      },
    },
    { report: (thrown) => reported.push(thrown) },
  )
  channel.say({ kind: 'call', id: 1, procedure: 'app.info', input: {} })
  await channel.hears(1)
  expect(channel.heard).toMatchObject([
    { kind: 'failure', failure: { code: 'internal', message: 'an index is off' } },
  ])
  expect(reported).toEqual([error])
})

test('the cause of a failure is reported to the host and kept from the page', async () => {
  const reported: unknown[] = []
  const channel = open(
    {
      async *'app.info'(): AsyncGenerator<never, never> {
        throw new Failure('broken', 'It broke.', { cause: 'the reason' })
      },
    },
    { report: (thrown) => reported.push(thrown) },
  )
  channel.say({ kind: 'call', id: 1, procedure: 'app.info', input: {} })
  await channel.hears(1)
  expect(reported).toEqual(['the reason'])
  expect(JSON.stringify(channel.heard)).not.toContain('the reason')
})

test('a cancel reaches its own call only, whose end is still sent', async () => {
  const seen = [{ aborted: false }, { aborted: false }]
  let calls = 0
  const channel = open({
    'models.pull': (input, signal) => {
      const handler = pulling(seen[calls++] ?? { aborted: false })['models.pull']
      if (handler === undefined) throw new Error('no handler')
      return handler(input, signal)
    },
  })
  channel.say({ kind: 'call', id: 1, procedure: 'models.pull', input: { id: 'a' } })
  channel.say({ kind: 'call', id: 2, procedure: 'models.pull', input: { id: 'b' } })
  await channel.hears(2)
  channel.say({ kind: 'cancel', id: 2 })
  channel.say({ kind: 'cancel', id: 77 })
  await channel.hears(3)
  expect(channel.heard[2]).toMatchObject({ kind: 'failure', id: 2 })
  expect(seen).toEqual([{ aborted: false }, { aborted: true }])
})

test('a channel that closes cancels all of its calls and hears no more', async () => {
  const seen = { aborted: false }
  const channel = open(pulling(seen))
  channel.say({ kind: 'call', id: 1, procedure: 'models.pull', input: { id: 'a' } })
  await channel.hears(1)
  channel.close()
  await vi.waitFor(() => expect(seen.aborted).toBe(true), { interval: 1 })
  expect(channel.heard).toHaveLength(1)
})

test('an id that is in use can not be used again', async () => {
  const channel = open(pulling({ aborted: false }))
  channel.say({ kind: 'call', id: 1, procedure: 'models.pull', input: { id: 'a' } })
  channel.say({ kind: 'call', id: 1, procedure: 'models.pull', input: { id: 'a' } })
  await channel.hears(2)
  expect(channel.heard).toContainEqual(
    expect.objectContaining({
      failure: expect.objectContaining({ code: 'duplicate-call', message: 'Call 1 is still running.' }),
    }),
  )
})

test('too many calls at once are refused', async () => {
  const limits = { callsAtOnce: 2, burst: 100, callsPerSecond: 100 }
  const channel = open(pulling({ aborted: false }), { limits })
  for (const id of [1, 2, 3]) channel.say({ kind: 'call', id, procedure: 'models.pull', input: { id: 'a' } })
  expect(channel.heard).toMatchObject([{ kind: 'failure', id: 3, failure: { code: 'too-many-calls' } }])
})

test('too many calls in a short time are refused until time has passed', async () => {
  let time = 0
  const channel = open(appInfo, {
    limits: { callsAtOnce: 100, burst: 3, callsPerSecond: 2 },
    now: () => time,
  })
  const ask = (id: number): void => channel.say({ kind: 'call', id, procedure: 'app.info', input: {} })
  for (const id of [1, 2, 3, 4]) ask(id)
  await channel.hears(4)
  time = 500
  ask(5)
  ask(6)
  await channel.hears(6)
  const refused = channel.heard.filter((message) => message.kind === 'failure').map(({ id }) => id)
  expect(refused).toEqual([4, 6])
})
