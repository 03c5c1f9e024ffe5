import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { Failure } from '../../../src-main/contract/failure.ts'
import type { ChatRequest, ChatService, ModelService } from '../../../src-main/app/services.ts'
import { readLines } from '../../../src-main/hosts/cli/line-reader.ts'
import { adapter, answered, catalogueEntry, model, veranda, type GivenServices } from './command-line.ts'

/** Answers “Hello there.” in two pieces, and keeps what it was asked. */
function answering(asked: ChatRequest[] = []): Partial<ChatService> {
  return {
    async *answer(request) {
      asked.push(request)
      yield { text: 'Hello ' }
      yield { text: 'there.' }
      return answered
    },
  }
}

const installed: Partial<ModelService> = {
  list: () => [model],
  find: (id) => ({ ...model, id: id ?? model.id }),
}

test('streams the answer to stdout', async () => {
  const asked: ChatRequest[] = []
  const { code, stdout, stderr } = await veranda(['chat', 'Hi'], {
    services: { models: installed, chat: answering(asked) },
  })
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'Hello there.\n', stderr: '' })
  expect(asked).toMatchObject([
    { model: 'small', adapter: null, messages: [{ role: 'user', content: 'Hi' }] },
  ])
})

test('passes every option on, and takes the model of the adapter', async () => {
  const asked: ChatRequest[] = []
  const services: GivenServices = {
    models: installed,
    chat: answering(asked),
    adapters: { find: () => ({ adapter: { ...adapter, modelId: 'its-model' }, strength: 0.5 }) },
  }
  const flags = '--adapter pim:0.5 --max-tokens 9 --temperature 0.5 --seed 3 --exact'.split(' ')
  const { stdout } = await veranda(['chat', 'Hi', ...flags, '--system', 'Be brief.', '--json'], { services })
  expect(asked).toEqual([
    {
      model: 'its-model',
      adapter: 'pim:0.5',
      sampling: { maxTokens: 9, temperature: 0.5, seed: 3 },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
    },
  ])
  expect(JSON.parse(stdout)).toEqual({ ...answered, model: 'its-model', adapter: 'pim:0.5' })
})

test('fetches the default model first where none is installed', async () => {
  const pulled: string[] = []
  const models: Partial<ModelService> = {
    list: () => [],
    catalogue: () => [catalogueEntry],
    async *pull(id) {
      pulled.push(id)
      yield { doneBytes: 1, totalBytes: 1, phase: 'download' }
      return model
    },
  }
  const { code, stdout, stderr } = await veranda(['chat', 'Hi'], { services: { models, chat: answering() } })
  expect({ code, stdout, pulled }).toEqual({ code: 0, stdout: 'Hello there.\n', pulled: ['small'] })
  expect(stderr).toContain('Fetching Small One')
})

test('an answer that was stopped is a failure, with its text so far', async () => {
  const controller = new AbortController()
  const chat: Partial<ChatService> = {
    async *answer(_request, signal) {
      yield { text: 'Hel' }
      controller.abort()
      return { ...answered, stopReason: signal?.aborted === true ? 'stopped' : 'end' }
    },
  }
  const printed = await veranda(['chat', 'Hi'], {
    services: { models: installed, chat },
    signal: controller.signal,
  })
  expect(printed).toMatchObject({ code: 1, stdout: 'Hel\n', stderr: 'Stopped.\n' })
})

/** A conversation over a pipe: lines are written as if typed, Ctrl+C is called. */
function talking(chat: Partial<ChatService>) {
  const input = new PassThrough()
  let interrupt: (() => void) | undefined
  const lines = readLines({ input, output: new PassThrough() }, (listener) => {
    interrupt = listener
    return () => {
      interrupt = undefined
    }
  })
  const printed = veranda(['chat', '--system', 'Be brief.', '--json'], {
    services: { models: installed, chat },
    lines,
  })
  return { input, controlC: () => interrupt?.(), printed }
}

const messagesOf = (stdout: string): unknown => (JSON.parse(stdout) as { messages: unknown }).messages

test('without a prompt it talks: every line is a message, and earlier ones are remembered', async () => {
  const asked: ChatRequest[] = []
  const { input, printed } = talking(answering(asked))
  input.end('Hi\n\n  \nAnd you?\n')
  const { code, stdout } = await printed
  expect(code).toBe(0)
  expect(asked.map(({ messages }) => messages.length)).toEqual([2, 4])
  expect(messagesOf(stdout)).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello there.' },
    { role: 'user', content: 'And you?' },
    { role: 'assistant', content: 'Hello there.' },
  ])
})

test('an answer that fails is told, and the conversation goes on without its message', async () => {
  const asked: ChatRequest[] = []
  const chat: Partial<ChatService> = {
    async *answer(request) {
      asked.push(request)
      yield { text: 'Hel' }
      if (asked.length === 1) throw new Failure('engine-crashed', 'The engine stopped unexpectedly.')
      return answered
    },
  }
  const { input, printed } = talking(chat)
  input.end('Hi\nHi again\n')
  const { code, stderr, stdout } = await printed
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'The engine stopped unexpectedly.\n1 answer.\n' })
  expect(messagesOf(stdout)).not.toContainEqual({ role: 'user', content: 'Hi' })
})

/** Answers until it is stopped; `started` settles when it streams. */
function endless() {
  const { promise: started, resolve } = Promise.withResolvers<undefined>()
  const chat: Partial<ChatService> = {
    async *answer(_request, signal) {
      yield { text: 'Well' }
      resolve(undefined)
      await new Promise((stopped) => signal?.addEventListener('abort', stopped))
      return { ...answered, text: 'Well', stopReason: 'stopped' }
    },
  }
  return { chat, started }
}

test('Ctrl+C stops the answer, which is kept; one more leaves', async () => {
  const { chat, started } = endless()
  const { input, controlC, printed } = talking(chat)
  input.write('Hi\n')
  await started
  controlC()
  // The next line is awaited once the stopped answer is in the conversation.
  await new Promise((resolve) => setImmediate(resolve))
  controlC()
  const { code, stdout } = await printed
  expect(code).toBe(0)
  expect(messagesOf(stdout)).toContainEqual({ role: 'assistant', content: 'Well' })
})

test('a second Ctrl+C while the answer still stops leaves as well', async () => {
  const { chat, started } = endless()
  const { input, controlC, printed } = talking(chat)
  input.write('Hi\nNever asked\n')
  await started
  controlC()
  controlC()
  const { code, stdout } = await printed
  expect(code).toBe(0)
  expect(messagesOf(stdout)).not.toContainEqual({ role: 'user', content: 'Never asked' })
})
