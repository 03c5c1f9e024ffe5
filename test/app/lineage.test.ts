import { expect, it } from 'vitest'
import { failureCode } from './failure-code.ts'
import { result, testApp, withModel } from './test-app.ts'

const example = (question: string) => ({
  messages: [
    { role: 'user' as const, content: question },
    { role: 'assistant' as const, content: `About ${question}.` },
  ],
})

it('an adapter forgets an example by a new version that is trained without it', async () => {
  const app = await testApp()
  await withModel(app)
  const { personalize } = app.services
  const examples = ['dogs', 'cats'].map(example)
  const first = await result(personalize.watch(personalize.start({ name: 'Pim', model: null, examples }).id))
  const id = first.adapterId ?? ''
  const before = await app.call('adapters.lineage', { id })
  expect(before.examples.map(({ messages, heldOut }) => [messages[0]?.content, heldOut])).toEqual([
    ['dogs', false],
    ['cats', false],
  ])
  const exampleIds = before.examples.slice(0, 1).map((learned) => learned.id)
  const run = await app.call('adapters.forget', { id, exampleIds })
  expect(run).toMatchObject({ name: 'Pim 2', exampleCount: 1, settings: first.settings })
  const second = await result(personalize.watch(run.id))
  const after = await app.call('adapters.lineage', { id: second.adapterId ?? '' })
  expect(after.examples.map(({ messages }) => messages[0]?.content)).toEqual(['cats'])
  expect(after.fingerprint).not.toBe(before.fingerprint)
  expect(await app.call('adapters.list', {})).toMatchObject([
    { name: 'Pim 2', origin: 'forgot', parents: [{ id, name: 'Pim', weight: null }] },
    { name: 'Pim', origin: 'trained', parents: [] },
  ])

  const last = { id: second.adapterId ?? '', exampleIds: after.examples.map((learned) => learned.id) }
  expect(await failureCode(() => app.call('adapters.forget', last))).toBe('nothing-to-forget')
  expect(await failureCode(() => app.call('adapters.forget', { id, exampleIds: ['no'] }))).toBe(
    'nothing-to-forget',
  )
})

it('conversations go over to another version and back, and a version keeps its notes', async () => {
  const app = await testApp()
  await withModel(app)
  const { personalize } = app.services
  const ids: string[] = []
  for (const name of ['Pim', 'Pam', 'Tom']) {
    const run = personalize.start({ name, model: null, examples: [example('dogs')] })
    ids.push((await result(personalize.watch(run.id))).adapterId ?? '')
  }
  const [pim = '', pam = '', tom = ''] = ids
  const conversations: string[] = []
  for (const adapterId of [pim, tom, pam, null]) {
    const { id } = await app.call('conversations.create', { modelId: null })
    await app.call('conversations.update', { id, adapterId })
    conversations.push(id)
  }
  const used = async () => {
    const all = await app.call('conversations.list', {})
    return conversations.map((id) => all.find((one) => one.id === id)?.adapterId)
  }
  const moved = await app.call('adapters.adopt', { id: pam, fromIds: [pim, pam] })
  expect(moved).toEqual([{ conversationId: conversations[0], adapterId: pim }])
  expect(await used()).toEqual([pam, tom, pam, null])
  for (const { conversationId, adapterId } of moved) {
    await app.call('conversations.update', { id: conversationId, adapterId })
  }
  expect(await used()).toEqual([pim, tom, pam, null])
  expect(await failureCode(() => app.call('adapters.adopt', { id: 'no', fromIds: [pim] }))).toBe(
    'adapter-not-found',
  )

  expect(await app.call('adapters.note', { id: pim, notes: 'The calm one.' })).toMatchObject({
    name: 'Pim',
    notes: 'The calm one.',
  })
})

it('a blend is an adapter of its own, made of two on one model', async () => {
  const app = await testApp()
  await withModel(app)
  const { personalize } = app.services
  const ids: string[] = []
  for (const name of ['Pim', 'Tom']) {
    const run = personalize.start({ name, model: null, examples: [example('dogs')] })
    ids.push((await result(personalize.watch(run.id))).adapterId ?? '')
  }
  const [pim = '', tom = ''] = ids
  const parts = [
    { id: pim, weight: 0.6 },
    { id: tom, weight: 0.4 },
  ]
  const blend = await app.call('adapters.blend', { name: 'pim', parts })
  expect(blend).toMatchObject({
    name: 'pim 2',
    origin: 'blended',
    parents: [
      { id: pim, name: 'Pim', weight: 0.6 },
      { id: tom, name: 'Tom', weight: 0.4 },
    ],
    parameterCount: 12,
  })
  await app.call('adapters.remove', { id: pim })
  expect((await app.call('adapters.list', {})).map(({ name }) => name)).toEqual(['pim 2', 'Tom'])
  const twice = [
    { id: tom, weight: 1 },
    { id: tom, weight: 1 },
  ]
  expect(await failureCode(() => app.call('adapters.blend', { name: 'x', parts: twice }))).toBe(
    'blend-of-one',
  )
  expect(await failureCode(() => app.call('adapters.blend', { name: 'x', parts }))).toBe('adapter-not-found')
})
