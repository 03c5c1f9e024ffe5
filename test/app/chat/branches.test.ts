import { describe, expect, it } from 'vitest'
import { pathTo, siblings } from '../../../src-main/contract/message-tree.ts'
import { chatResult } from '../engine-stand-in.ts'
import { failureCode } from '../failure-code.ts'
import { testApp, withModel, type TestApp } from '../test-app.ts'

async function talk() {
  const app = await testApp()
  await withModel(app)
  const { id } = await app.call('conversations.create', { modelId: null })
  return {
    app,
    id,
    ask: (content: string, parentId?: string | null) =>
      app.call('chat.send', { conversationId: id, content, ...(parentId === undefined ? {} : { parentId }) }),
    /** What is said on the branch that is shown. */
    async shown() {
      const { conversation, messages } = await app.call('conversations.open', { id })
      return pathTo(messages, conversation.leafId).map(({ content }) => content)
    },
  }
}

function given(app: TestApp): readonly { role: string; content: string }[] {
  const call = app.engine.calls.findLast(({ operation }) => operation === 'chat')
  const input = call?.input as { messages: { role: string; content: string }[] } | undefined
  return input?.messages ?? []
}

describe('branches', () => {
  it('an edited question stands beside the first; the model hears its own branch only', async () => {
    const { app, id, ask, shown } = await talk()
    await ask('one')
    const second = await ask('two')
    const { messages } = await app.call('conversations.open', { id })
    const question = pathTo(messages, second.id).at(-2)
    await ask('other', question?.parentId ?? null)
    expect(await shown()).toEqual(['one', 'You said: one', 'other', 'You said: other'])
    expect(given(app).map(({ content }) => content)).toEqual(['one', 'You said: one', 'other'])

    // The branch that is chosen is remembered, and gone on with.
    await app.call('conversations.update', { id, leafId: second.id })
    expect(await shown()).toEqual(['one', 'You said: one', 'two', 'You said: two'])
    await ask('three')
    expect(given(app).map(({ content }) => content)).not.toContain('other')
    expect(given(app)).toHaveLength(5)
  })

  it('the first question can be edited too', async () => {
    const { ask, shown } = await talk()
    await ask('one')
    await ask('other', null)
    expect(await shown()).toEqual(['other', 'You said: other'])
  })

  it('another answer to a question is kept beside the first, which the model does not hear', async () => {
    const { app, id, ask } = await talk()
    const first = await ask('one')
    app.engine.operations.chat = async function* () {
      return chatResult('Otherwise', 'end')
    }
    const other = await app.call('chat.answer', { messageId: first.parentId ?? '' })
    expect(other).toMatchObject({ content: 'Otherwise', parentId: first.parentId })
    expect(given(app)).toEqual([{ role: 'user', content: 'one' }])
    const { messages, conversation } = await app.call('conversations.open', { id })
    expect(conversation.leafId).toBe(other.id)
    expect(siblings(messages, other).map((message) => message.id)).toEqual([first.id, other.id])
  })

  it('only a question can be answered, and only messages of the conversation are followed', async () => {
    const { app, id, ask } = await talk()
    const answer = await ask('one')
    expect(await failureCode(() => app.call('chat.answer', { messageId: answer.id }))).toBe('not-a-question')
    const other = await app.call('conversations.create', { modelId: null })
    const stray = { conversationId: other.id, content: 'x', parentId: answer.id }
    expect(await failureCode(() => app.call('chat.send', stray))).toBe('message-not-found')
    expect(
      await failureCode(() => app.call('conversations.update', { id: other.id, leafId: answer.id })),
    ).toBe('message-not-found')
    expect(await failureCode(() => app.call('chat.answer', { messageId: 'none' }))).toBe('message-not-found')
    expect((await app.call('conversations.open', { id })).messages).toHaveLength(2)
  })

  it('sibling branches never slip into training text', async () => {
    const { app, id, ask } = await talk()
    const first = await ask('one')
    const second = await ask('two')
    await app.call('chat.answer', { messageId: first.parentId ?? '' })
    await ask('aside')
    await app.call('conversations.update', { id, leafId: second.id })
    await app.call('chat.rate', { messageId: second.id, rating: 'up' })
    const [example] = await app.call('examples.list', {})
    expect(example?.messages.map(({ content }) => content)).toEqual([
      'one',
      'You said: one',
      'two',
      'You said: two',
    ])
    // A correction on the other branch changes nothing here; one on this branch does.
    const aside = (await app.call('conversations.open', { id })).messages.at(-1)
    await app.call('chat.teach', { messageId: aside?.id ?? '', answer: 'Elsewhere' })
    await app.call('chat.teach', { messageId: first.id, answer: 'Better' })
    const rated = (await app.call('examples.list', {})).find(({ provenance }) => provenance.kind === 'rated')
    expect(rated?.messages[1]?.content).toBe('Better')
    expect(rated?.messages).toHaveLength(4)
  })
})

describe('a full context', () => {
  it('says from which message on the answer was given the conversation', async () => {
    const { app, id, ask } = await talk()
    await ask('one')
    await ask('two')
    app.engine.operations.chat = async function* () {
      return { ...chatResult('Short memory', 'end'), leftOutMessages: 2 }
    }
    const answer = await ask('three')
    const { messages } = await app.call('conversations.open', { id })
    expect(answer).toMatchObject({ contextFrom: messages[2]?.id, contextTokens: 9 })
    expect(messages[2]?.content).toBe('two')
  })
})
