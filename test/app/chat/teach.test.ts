import { describe, expect, it } from 'vitest'
import type { Message } from '../../../src-main/contract/entities.ts'
import { failureCode } from '../failure-code.ts'
import { testApp, withModel, type TestApp } from '../test-app.ts'

interface Talk {
  readonly app: TestApp
  readonly id: string
  /** Asks and gives the answer's message. */
  ask(content: string): Promise<Message>
}

async function talk(): Promise<Talk> {
  const app = await testApp()
  await withModel(app)
  const { id } = await app.call('conversations.create', { modelId: null })
  return { app, id, ask: (content) => app.call('chat.send', { conversationId: id, content }) }
}

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })

describe('thumbs', () => {
  it('make an example of the whole conversation up to the answer, and take it back', async () => {
    const { app, id, ask } = await talk()
    await app.call('conversations.update', { id, systemPrompt: 'Be kind.' })
    await ask('one')
    const second = await ask('two')
    await ask('three')
    const rated = await app.call('chat.rate', { messageId: second.id, rating: 'up' })
    const [example] = await app.call('examples.list', {})
    expect(rated).toMatchObject({ rating: 'up', exampleId: example?.id })
    expect(example).toMatchObject({
      provenance: { kind: 'rated', messageId: second.id },
      rejected: null,
      messages: [
        { role: 'system', content: 'Be kind.' },
        user('one'),
        assistant('You said: one'),
        user('two'),
        assistant('You said: two'),
      ],
    })
    await app.call('chat.rate', { messageId: second.id, rating: 'up' })
    expect(await app.call('examples.list', {})).toHaveLength(1)
    const back = await app.call('chat.rate', { messageId: second.id, rating: 'none' })
    expect(back).toMatchObject({ rating: 'none', exampleId: null })
    expect(await app.call('examples.list', {})).toEqual([])
  })

  it('refuse to teach an answer without an end, and a question', async () => {
    const { app, id, ask } = await talk()
    const stop = new AbortController()
    const stopped = await app.call(
      'chat.send',
      { conversationId: id, content: 'x' },
      (event) => event.type === 'text' && stop.abort(),
      stop.signal,
    )
    const rate = (messageId: string) => app.call('chat.rate', { messageId, rating: 'up' })
    expect(await failureCode(() => rate(stopped.id))).toBe('answer-incomplete')
    await ask('y')
    const [question] = (await app.call('conversations.open', { id })).messages
    expect(await failureCode(() => rate(question?.id ?? ''))).toBe('not-an-answer')
  })
})

describe('teaching', () => {
  it('keeps the better answer, with the original as the rejected one', async () => {
    const { app, ask } = await talk()
    const answer = await ask('one')
    const example = await app.call('chat.teach', { messageId: answer.id, answer: 'Better' })
    expect(example).toMatchObject({
      messages: [user('one'), assistant('Better')],
      rejected: 'You said: one',
      provenance: { kind: 'taught', messageId: answer.id },
    })
    const again = await app.call('chat.teach', { messageId: answer.id, answer: 'Best' })
    expect(again).toMatchObject({ id: example.id, messages: [user('one'), assistant('Best')] })
    expect(await app.call('examples.list', {})).toHaveLength(1)
  })

  it('is not undone by taking the thumb back', async () => {
    const { app, ask } = await talk()
    const answer = await ask('one')
    await app.call('chat.rate', { messageId: answer.id, rating: 'up' })
    await app.call('chat.teach', { messageId: answer.id, answer: 'Better' })
    await app.call('chat.rate', { messageId: answer.id, rating: 'none' })
    expect(await app.call('examples.list', {})).toMatchObject([
      { messages: [user('one'), assistant('Better')] },
    ])
  })
})

describe('superseded answers never slip into an example', () => {
  it('corrected before: the correction is learned; rated down: the exchange is left out', async () => {
    const { app, ask } = await talk()
    const first = await ask('one')
    const second = await ask('two')
    const third = await ask('three')
    await app.call('chat.teach', { messageId: first.id, answer: 'Better' })
    await app.call('chat.rate', { messageId: second.id, rating: 'down' })
    await app.call('chat.rate', { messageId: third.id, rating: 'up' })
    const example = (await app.call('examples.list', {})).find((one) => one.provenance.kind === 'rated')
    expect(example?.messages).toEqual([
      user('one'),
      assistant('Better'),
      user('three'),
      assistant('You said: three'),
    ])
  })

  it('corrected afterwards: examples of later answers follow, and follow an undo', async () => {
    const { app, ask } = await talk()
    const first = await ask('one')
    const second = await ask('two')
    await app.call('chat.rate', { messageId: second.id, rating: 'up' })
    const taught = await app.call('chat.teach', { messageId: first.id, answer: 'Better' })
    const later = async () =>
      (await app.call('examples.list', {})).find((one) => one.provenance.kind === 'rated')?.messages[1]
    expect(await later()).toEqual(assistant('Better'))

    await app.call('examples.update', { id: taught.id, messages: [user('one'), assistant('Best')].map(cast) })
    expect(await later()).toEqual(assistant('Best'))
    await app.call('examples.remove', { ids: [taught.id] })
    expect(await later()).toEqual(assistant('You said: one'))
    await app.call('examples.restore', { ids: [taught.id] })
    expect(await later()).toEqual(assistant('Best'))
    await app.call('chat.rate', { messageId: first.id, rating: 'down' })
    expect(await later()).toEqual(assistant('Best'))
  })

  it('leaves an example alone that the person has edited', async () => {
    const { app, ask } = await talk()
    const first = await ask('one')
    const second = await ask('two')
    await app.call('chat.rate', { messageId: second.id, rating: 'up' })
    const [example] = await app.call('examples.list', {})
    const messages = [user('mine'), assistant('own')].map(cast)
    await app.call('examples.update', { id: example?.id ?? '', messages })
    await app.call('chat.teach', { messageId: first.id, answer: 'Better' })
    expect((await app.call('examples.list', {})).map((one) => one.messages)).toContainEqual(messages)
  })
})

function cast(message: { role: string; content: string }): { role: 'user' | 'assistant'; content: string } {
  return { role: message.role === 'user' ? 'user' : 'assistant', content: message.content }
}
