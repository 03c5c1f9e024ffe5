import { describe, expect, it } from 'vitest'
import { Failure } from '../../../src-main/contract/failure.ts'
import type { ProcedureEvent } from '../../../src-main/contract/procedures.ts'
import { chatResult } from '../engine-stand-in.ts'
import { failureCode } from '../failure-code.ts'
import { result, testApp, withModel, type TestApp } from '../test-app.ts'

async function conversation(app: TestApp): Promise<string> {
  return (await app.call('conversations.create', { modelId: null })).id
}

function lastChat(app: TestApp): unknown {
  return app.engine.calls.findLast((call) => call.operation === 'chat')?.input
}

describe('a turn', () => {
  it('saves the question, streams the answer and saves it', async () => {
    const app = await testApp()
    await withModel(app)
    const id = await conversation(app)
    const seen: ProcedureEvent<'chat.send'>[] = []
    const answer = await app.call('chat.send', { conversationId: id, content: 'Hello there' }, (event) =>
      seen.push(event),
    )
    expect(seen[0]).toMatchObject({ type: 'asked', message: { role: 'user', content: 'Hello there' } })
    expect(seen.slice(1)).toEqual([
      { type: 'text', text: 'You said: ' },
      { type: 'text', text: 'Hello there' },
    ])
    expect(answer).toMatchObject({
      content: 'You said: Hello there',
      status: 'complete',
      tokensPerSecond: 20,
    })
    const opened = await app.call('conversations.open', { id })
    expect(opened.conversation.title).toBe('Hello there')
    expect(opened.messages.map((message) => message.content)).toEqual(['Hello there', answer.content])
    expect(opened.messages[1]).toEqual(answer)
  })

  it('gives the model the system prompt, what was said, and the settings', async () => {
    const app = await testApp()
    const model = await withModel(app)
    const id = await conversation(app)
    await app.call('conversations.update', { id, systemPrompt: 'Be brief.' })
    await app.call('chat.send', { conversationId: id, content: 'one' })
    const { sampling } = await app.call('settings.get', {})
    await app.call('settings.update', { sampling: { ...sampling, seed: 7, maxTokens: 9 } })
    await app.call('chat.send', { conversationId: id, content: 'two' })
    expect(lastChat(app)).toMatchObject({
      modelDirectory: expect.stringContaining(model.id),
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'one' },
        { role: 'assistant', content: 'You said: one' },
        { role: 'user', content: 'two' },
      ],
      adapter: null,
      sampling: { seed: 7 },
      maxTokens: 9,
    })
  })

  it('draws a new seed for each answer unless one is set', async () => {
    const app = await testApp()
    await withModel(app)
    const id = await conversation(app)
    const seeds = new Set<unknown>()
    for (let turn = 0; turn < 3; turn++) {
      await app.call('chat.send', { conversationId: id, content: 'again' })
      seeds.add(JSON.stringify((lastChat(app) as { sampling: { seed: number } }).sampling.seed))
    }
    expect(seeds.size).toBe(3)
  })

  it('keeps a stopped answer as it was', async () => {
    const app = await testApp()
    await withModel(app)
    const id = await conversation(app)
    const stop = new AbortController()
    const stopAtText = (event: ProcedureEvent<'chat.send'>) => {
      if (event.type === 'text') stop.abort()
    }
    const answer = await app.call('chat.send', { conversationId: id, content: 'x' }, stopAtText, stop.signal)
    expect(answer).toMatchObject({ content: 'You said: ', status: 'stopped' })
  })

  it('keeps what came when the reader goes away', async () => {
    const app = await testApp()
    await withModel(app)
    const id = await conversation(app)
    const stream = app.handlers['chat.send'](
      { conversationId: id, content: 'x' },
      new AbortController().signal,
    )
    for await (const event of stream) if (event.type === 'text') break
    const { messages } = await app.call('conversations.open', { id })
    expect(messages[1]).toMatchObject({ content: 'You said: ', status: 'stopped' })
  })

  it('keeps the partial text when the engine fails, tells of it, and asks anew without it', async () => {
    const app = await testApp()
    await withModel(app)
    const id = await conversation(app)
    const working = app.engine.operations.chat
    app.engine.operations.chat = async function* () {
      yield { text: 'Half' }
      throw new Failure('engine-crashed', 'The engine crashed.')
    }
    expect(await failureCode(() => app.call('chat.send', { conversationId: id, content: 'first' }))).toBe(
      'engine-crashed',
    )
    expect((await app.call('app.info', {})).engine).toBe('failed')
    const { messages } = await app.call('conversations.open', { id })
    expect(messages[1]).toMatchObject({ content: 'Half', status: 'failed' })

    app.engine.operations.chat = working
    await app.call('chat.send', { conversationId: id, content: 'second' })
    expect(lastChat(app)).toMatchObject({ messages: [{ role: 'user', content: 'second' }] })
    expect((await app.call('app.info', {})).engine).toBe('ready')
  })

  it('saves nothing where there is no model to answer', async () => {
    const app = await testApp()
    const id = await conversation(app)
    expect(await failureCode(() => app.call('chat.send', { conversationId: id, content: 'x' }))).toBe(
      'no-model',
    )
    expect((await app.call('conversations.open', { id })).messages).toEqual([])
  })

  it('answers one question of a conversation at a time', async () => {
    const app = await testApp()
    await withModel(app)
    const id = await conversation(app)
    const first = app.handlers['chat.send'](
      { conversationId: id, content: 'x' },
      new AbortController().signal,
    )
    await first.next()
    expect(await failureCode(() => app.call('chat.send', { conversationId: id, content: 'y' }))).toBe(
      'answer-in-progress',
    )
    await result(first)
    await app.call('chat.send', { conversationId: id, content: 'y' })
  })

  it('saves an answer that closing the app stops', async () => {
    const app = await testApp()
    await withModel(app)
    const id = await conversation(app)
    app.engine.operations.chat = async function* (_, signal) {
      yield { text: 'So far' }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      throw new Failure('engine-closed', 'The engine was closed.')
    }
    const stream = app.handlers['chat.send'](
      { conversationId: id, content: 'x' },
      new AbortController().signal,
    )
    await stream.next()
    await stream.next()
    const rest = result(stream)
    await app.close()
    expect(await rest).toMatchObject({ content: 'So far', status: 'stopped' })
    const again = await testApp({ dataDirectory: app.dataDirectory })
    const { messages } = await again.call('conversations.open', { id })
    expect(messages[1]).toMatchObject({ content: 'So far', status: 'stopped' })
  })
})

describe('conversations', () => {
  it('are listed by their last use and can be deleted with undo', async () => {
    const app = await testApp()
    await withModel(app)
    const first = await conversation(app)
    const second = await conversation(app)
    await app.call('chat.send', { conversationId: first, content: 'x' })
    expect((await app.call('conversations.list', {})).map((one) => one.id)).toEqual([first, second])
    // In quick turns, too: several fall into one millisecond.
    for (const id of [second, first, second, first]) {
      await app.call('chat.send', { conversationId: id, content: 'x' })
      expect((await app.call('conversations.list', {}))[0]?.id).toBe(id)
    }
    await app.call('conversations.remove', { id: first })
    expect(await failureCode(() => app.call('conversations.open', { id: first }))).toBe(
      'conversation-not-found',
    )
    await app.call('conversations.restore', { id: first })
    expect((await app.call('conversations.open', { id: first })).messages).toHaveLength(6)
  })

  it('go on with the default model when theirs was removed', async () => {
    const app = await testApp()
    const model = await withModel(app)
    const { id } = await app.call('conversations.create', { modelId: model.id })
    const other = await withModel(app)
    await app.call('models.remove', { id: model.id })
    await app.call('chat.send', { conversationId: id, content: 'x' })
    expect(lastChat(app)).toMatchObject({ modelDirectory: expect.stringContaining(other.id) })
  })

  it('have short titles', async () => {
    const app = await testApp()
    await withModel(app)
    const id = await conversation(app)
    await app.call('chat.send', { conversationId: id, content: ` a\n\n${'word '.repeat(40)}` })
    const { title } = (await app.call('conversations.open', { id })).conversation
    expect(title).toMatch(/^A word .*word…$/)
    expect(title.length).toBeLessThanOrEqual(61)
  })
})

describe('the command line', () => {
  it('gets one answer, and nothing is stored', async () => {
    const app = await testApp()
    await withModel(app)
    const messages = [{ role: 'user' as const, content: 'hi' }]
    const request = { messages, model: 'tiny', adapter: null, sampling: { temperature: 0 } }
    const answer = await result(app.services.chat.answer(request))
    expect(answer).toEqual(chatResult('You said: hi', 'end'))
    expect(lastChat(app)).toMatchObject({ sampling: { temperature: 0, topP: 0.9 } })
    expect(await app.call('conversations.list', {})).toEqual([])
  })
})
