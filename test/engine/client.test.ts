import { engineDefaults } from './tiny-run.ts'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { Failure } from '../../src-main/contract/failure.ts'
import { connectEngine, type EngineProcess } from '../../src-main/engine/client.ts'
import type { ChatInput, Engine } from '../../src-main/engine/contract.ts'
import { forkEngine } from '../../src-main/hosts/node-engine-process.ts'

const tinyEngine = fileURLToPath(new URL('children/tiny-engine.ts', import.meta.url))
const engines: Engine[] = []

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()))
})

function open(start: () => EngineProcess = () => forkEngine(tinyEngine)): Engine {
  const engine = connectEngine(start)
  engines.push(engine)
  return engine
}

function chatInput(...contents: string[]): ChatInput {
  return {
    modelDirectory: '',
    messages: contents.map((content) => ({ role: 'user', content })),
    adapter: null,
    sampling: { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 },
    maxTokens: 1,
  }
}

const importInput = (name: string) => ({ sourcePath: '', targetDirectory: '', name })
const trainInput = {
  modelDirectory: '',
  runDirectory: '',
  examples: [],
  heldOut: [],
  replay: [],
  settings: {
    ...engineDefaults,
    rank: 1,
    targets: [],
    learningRate: 1,
    clipNorm: 0,
    epochs: 1,
    batchTokens: 16,
    warmupRatio: 0,
    schedule: 'constant',
  },
} as const

async function readAll<E, R>(stream: AsyncGenerator<E, R>): Promise<{ events: E[]; result: R }> {
  const events: E[] = []
  for (;;) {
    const step = await stream.next()
    if (step.done === true) return { events, result: step.value }
    events.push(step.value)
  }
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof Failure)) throw new Error(`Expected a Failure, got ${String(error)}`)
  return error
}

test('streams the events of an operation in order, then its result', async () => {
  const { events, result } = await readAll(open().run('chat', chatInput('one ', 'two ', 'three')))
  expect(events).toEqual([{ text: 'one ' }, { text: 'two ' }, { text: 'three' }])
  expect(result.text).toMatch(/^one two three \(process \d+\)$/)
})

test('keeps the streams of operations that run at the same time apart', async () => {
  const engine = open()
  const texts = await Promise.all(
    ['a', 'b', 'c'].map(
      async (content) => (await readAll(engine.run('chat', chatInput(content)))).result.text,
    ),
  )
  expect(texts.map((text) => text[0])).toEqual(['a', 'b', 'c'])
  expect(new Set(texts.map((text) => text.slice(1))).size).toBe(1)
})

test('passes the failure of an operation on, and the engine lives on', async () => {
  const engine = open()
  const mask = await failureOf(readAll(engine.run('maskExamples', { modelDirectory: '', examples: [] })))
  expect(mask).toMatchObject({ code: 'bad-template', message: 'The chat template has an error in line 3.' })
  const release = await failureOf(readAll(engine.run('releaseModel', { modelDirectory: '' })))
  expect(release).toMatchObject({ code: 'internal', message: 'an index is off' })
  expect((await readAll(engine.run('chat', chatInput('still here')))).result.text).toContain('still here')
})

test('an aborted signal stops a running operation, which ends with what it has', async () => {
  const controller = new AbortController()
  const stream = open().run('chat', chatInput('forever'), controller.signal)
  await stream.next()
  controller.abort()
  expect((await readAll(stream)).result).toMatchObject({ text: 'forever', stopReason: 'stopped' })
})

test('a signal that was aborted before the call stops it as well', async () => {
  const { result } = await readAll(open().run('chat', chatInput('forever'), AbortSignal.abort()))
  expect(result.stopReason).toBe('stopped')
})

test('a reader that leaves early cancels the operation', async () => {
  const sent: string[] = []
  const engine = open(() => {
    const child = forkEngine(tinyEngine)
    return { ...child, send: (request) => (sent.push(request.kind), child.send(request)) }
  })
  for await (const event of engine.run('chat', chatInput('forever'))) {
    expect(event.text).toBe('forever')
    break
  }
  expect(sent).toEqual(['run', 'cancel'])
})

test('an engine that is killed fails every pending operation readably, and the next call starts a new one', async () => {
  const engine = open()
  const first = (await readAll(engine.run('chat', chatInput('hello')))).result.text
  const training = engine.run('train', trainInput)
  await training.next()

  const importing = failureOf(readAll(engine.run('importModel', importInput('kill'))))
  const trained = failureOf(readAll(training))
  expect(await importing).toMatchObject({
    code: 'engine-crashed',
    message:
      'The engine stopped unexpectedly (signal SIGKILL; the system may have run out of memory) while importing the model. Import the model again.',
  })
  expect(await trained).toMatchObject({
    code: 'engine-crashed',
    message:
      'The engine stopped unexpectedly (signal SIGKILL; the system may have run out of memory) while training. Continue the run: it goes on from its last checkpoint.',
  })

  const second = (await readAll(engine.run('chat', chatInput('hello')))).result.text
  expect(second).toContain('hello')
  expect(second).not.toBe(first)
})

test('a crash tells its exit code, and keeps what the engine printed as the cause', async () => {
  const engine = open()
  const exited = await failureOf(readAll(engine.run('importModel', importInput('exit'))))
  expect(exited.message).toBe(
    'The engine stopped unexpectedly (exit code 7) while importing the model. Import the model again.',
  )
  expect(String(exited.cause)).toContain('native library: out of luck')

  const thrown = await failureOf(readAll(engine.run('importModel', importInput('throw'))))
  expect(thrown.message).toContain('(exit code 1)')
  expect(String(thrown.cause)).toContain('thrown outside of any operation')
})

test('closing lets a training end with its checkpoint, and takes no more calls', async () => {
  const engine = open()
  const training = engine.run('train', trainInput)
  await training.next()
  const closing = engine.close()
  expect((await readAll(training)).result.status).toBe('stopped')
  await closing
  expect(await failureOf(readAll(engine.run('chat', chatInput('late'))))).toMatchObject({
    code: 'engine-closed',
  })
})

test('closing an engine that never ran starts none', async () => {
  let started = 0
  const engine = connectEngine(() => (started++, forkEngine(tinyEngine)))
  await engine.close()
  expect(started).toBe(0)
})

test('closing kills an engine that does not end by itself', async () => {
  const engine = connectEngine(() => forkEngine(tinyEngine), 20)
  const stuck = engine.run('evaluate', { modelDirectory: '', examples: [], adapter: null })
  await stuck.next()
  const failed = failureOf(readAll(stuck))
  await engine.close()
  expect(await failed).toMatchObject({ code: 'engine-closed' })
})

test('an entry that is missing is a crash with the reason in the cause', async () => {
  const failure = await failureOf(
    readAll(open(() => forkEngine('/nowhere/engine.ts')).run('chat', chatInput('hello'))),
  )
  expect(failure.code).toBe('engine-crashed')
  expect(String(failure.cause)).toContain('Cannot find module')
})
