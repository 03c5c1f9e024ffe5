import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { titleOf } from '../../../src-main/app/chat/title.ts'
import { testApp, withModel } from '../test-app.ts'

async function appWithModel() {
  const app = await testApp()
  await withModel(app)
  const start = async (content: string) => {
    const { id } = await app.call('conversations.create', { modelId: null })
    const answer = await app.call('chat.send', { conversationId: id, content })
    return { id, answer }
  }
  return { app, start }
}

describe('a model that was removed', () => {
  it('leaves its name, and is the conversation’s again when it is back', async () => {
    const app = await testApp()
    const model = await withModel(app)
    const { id } = await app.call('conversations.create', { modelId: model.id })
    const now = async () => (await app.call('conversations.open', { id })).conversation
    await app.call('models.remove', { id: model.id })
    await app.call('conversations.update', { id, modelId: null, systemPrompt: 'Be brief.' })
    expect(await now()).toMatchObject({ modelId: null, modelName: 'Tiny' })
    const again = await withModel(app)
    expect(await now()).toMatchObject({ modelId: again.id, modelName: 'Tiny' })
  })

  it('is forgotten once another is chosen', async () => {
    const app = await testApp()
    const model = await withModel(app)
    const { id } = await app.call('conversations.create', { modelId: model.id })
    await app.call('models.remove', { id: model.id })
    const path = join(app.dataDirectory, 'tiny.gguf')
    const other = await app.call('models.import', { path, name: 'Other' })
    expect(await app.call('conversations.update', { id, modelId: other.id })).toMatchObject({
      modelId: other.id,
      modelName: 'Other',
    })
  })
})

describe('search through all messages', () => {
  it('finds every word in any order, marks it, and knows where it was said', async () => {
    const { app, start } = await appWithModel()
    const { id, answer } = await start('Where is the café by the river?')
    await start('Nothing of the kind')
    const found = await app.call('conversations.search', { text: 'river cafe' })
    expect(found.map((message) => message.id)).toEqual([answer.id, answer.parentId])
    expect(found[1]).toMatchObject({ conversationId: id, role: 'user' })
    expect(found[1]?.snippet.filter(({ marked }) => marked).map(({ text }) => text)).toEqual([
      'café',
      'river',
    ])
    expect(found[1]?.snippet.map(({ text }) => text).join('')).toBe('Where is the café by the river?')
  })

  it('takes the last word as begun, and what is typed as words only', async () => {
    const { app, start } = await appWithModel()
    await start('The verandah AND "quotes" (here)')
    const count = async (text: string) => (await app.call('conversations.search', { text })).length
    expect(await count('veran')).toBe(2)
    expect(await count('veran and')).toBe(0)
    for (const text of ['"', '* OR (', 'NEAR(', '   ', '-']) expect(await count(text)).toBeLessThanOrEqual(2)
    expect(await count('"quotes" AND (her')).toBe(2)
  })

  it('leaves out deleted conversations, and forgets them with the next start', async () => {
    const { app, start } = await appWithModel()
    const { id } = await start('secretword')
    await app.call('conversations.remove', { id })
    expect(await app.call('conversations.search', { text: 'secretword' })).toEqual([])
    await app.call('conversations.restore', { id })
    expect(await app.call('conversations.search', { text: 'secretword' })).toHaveLength(2)
    await app.call('conversations.remove', { id })
    await app.close()
    const again = await testApp({ dataDirectory: app.dataDirectory })
    expect(await again.call('conversations.search', { text: 'secretword' })).toEqual([])
  })
})

describe('conversations', () => {
  it('stay on top while pinned', async () => {
    const { app, start } = await appWithModel()
    const old = await start('old')
    const newer = await start('newer')
    const ids = async () => (await app.call('conversations.list', {})).map(({ id }) => id)
    expect(await ids()).toEqual([newer.id, old.id])
    expect((await app.call('conversations.update', { id: old.id, pinned: true })).pinned).toBe(true)
    expect(await ids()).toEqual([old.id, newer.id])
    await app.call('conversations.update', { id: old.id, pinned: false })
    expect(await ids()).toEqual([newer.id, old.id])
  })

  it('keep a draft over a restart, until it is sent', async () => {
    const { app, start } = await appWithModel()
    const { id } = await start('one')
    await app.call('conversations.update', { id, draft: 'half a thou' })
    await app.close()
    const again = await testApp({ dataDirectory: app.dataDirectory })
    expect((await again.call('conversations.open', { id })).conversation.draft).toBe('half a thou')
    await again.call('chat.send', { conversationId: id, content: 'half a thought' })
    expect((await again.call('conversations.open', { id })).conversation.draft).toBe('')
  })

  it('can be taken out: the branch that is shown as Markdown, all of it as JSON', async () => {
    const { app, start } = await appWithModel()
    const { id, answer } = await start('What is up?')
    await app.call('conversations.update', { id, systemPrompt: 'Be brief.\nBe kind.' })
    await app.call('chat.send', { conversationId: id, content: 'Another', parentId: null })
    await app.call('conversations.update', { id, leafId: answer.id, title: 'A/B: “tests”' })
    expect(await app.call('conversations.export', { id, format: 'markdown' })).toEqual({
      fileName: 'AB tests.md',
      text: `# A/B: “tests”\n\n> Be brief.\n> Be kind.\n\n## You\n\nWhat is up?\n\n## Assistant\n\nYou said: What is up?\n`,
    })
    const { text } = await app.call('conversations.export', { id, format: 'json' })
    expect(JSON.parse(text)).toEqual(await app.call('conversations.open', { id }))
    expect(JSON.parse(text).messages).toHaveLength(4)
  })
})

describe('personas', () => {
  it('are kept by name, replaced and removed', async () => {
    const { app } = await appWithModel()
    await app.call('personas.put', { id: 'b', name: 'Teacher', systemPrompt: 'Explain.' })
    await app.call('personas.put', { id: 'a', name: 'editor', systemPrompt: 'Correct.' })
    await app.call('personas.put', { id: 'b', name: 'Teacher', systemPrompt: 'Explain well.' })
    expect(await app.call('personas.list', {})).toEqual([
      { id: 'a', name: 'editor', systemPrompt: 'Correct.' },
      { id: 'b', name: 'Teacher', systemPrompt: 'Explain well.' },
    ])
    expect(await app.call('personas.remove', { id: 'a' })).toHaveLength(1)
  })
})

describe('titles', () => {
  it.each([
    ['Hello! Can you please tell me how bread rises?', 'Tell me how bread rises?'],
    ['What is the capital of France? I forgot it.', 'What is the capital of France?'],
    ['hi', 'Hi'],
    ['Hello', 'Hello'],
    ['Please', 'Please'],
    ['History of porches', 'History of porches'],
    ['Dr. No is a film', 'Dr. No is a film'],
  ])('%s → %s', (message, title) => expect(titleOf(message)).toBe(title))
})
