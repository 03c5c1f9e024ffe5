import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ProcedureInput } from '../../../src-main/contract/procedures.ts'
import { failureCode } from '../failure-code.ts'
import { testApp, withModel } from '../test-app.ts'

const folder = join(import.meta.dirname, '../../golden/reference/training-data')
const nothing = { words: '', status: null, tag: null, source: null }
const user = (content: string) => ({ role: 'user' as const, content })
const assistant = (content: string) => ({ role: 'assistant' as const, content })

describe('examples', () => {
  it('are written by hand, changed, deleted and restored', async () => {
    const app = await testApp()
    const added = await app.call('examples.add', { messages: [user('Q'), assistant('A')] })
    expect(added).toMatchObject({ provenance: { kind: 'hand' }, rejected: null })
    const { id } = added
    const changed = await app.call('examples.update', { id, messages: [user('Q'), assistant('B')] })
    expect(changed.messages[1]).toEqual(assistant('B'))
    await app.call('examples.remove', { ids: [id, 'unknown'] })
    expect(await app.call('examples.list', {})).toEqual([])
    expect(await app.call('examples.restore', { ids: [id] })).toEqual([changed])
    await app.call('examples.remove', { ids: [id] })
    await app.close()
    const again = await testApp({ dataDirectory: app.dataDirectory })
    expect(await again.call('examples.restore', { ids: [id] })).toEqual([])
  })

  it('need a question and, at their end, an answer', async () => {
    const app = await testApp()
    for (const messages of [
      [user('Q')],
      [user('Q'), assistant(' ')],
      [assistant('A')],
      [user(' '), assistant('A')],
    ]) {
      expect(await failureCode(() => app.call('examples.add', { messages }))).toBe('example-incomplete')
    }
  })

  it('come from a file, with the line that each began on', async () => {
    const app = await testApp()
    const base64 = readFileSync(join(folder, 'malformed/01_bad_json.jsonl')).toString('base64')
    const { fileId } = await app.call('examples.openFile', { file: 'notes.jsonl', base64 })
    const reading = { fileId, encoding: null, mapping: null }
    const preview = await app.call('examples.preview', reading)
    expect(preview).toMatchObject({ encoding: 'utf-8', format: 'json-lines', exampleCount: 2 })
    expect(preview.sample.map(({ line }) => line)).toEqual([1, 3])
    expect(await app.call('examples.list', {})).toEqual([])

    const choices = { status: 'new', tags: ['notes'] } as const
    const { added, issues, changeId } = await app.call('examples.import', {
      ...reading,
      ...choices,
      tags: [...choices.tags],
    })
    expect(issues).toMatchObject([{ code: 'invalid_json', line: 2 }])
    expect(added).toBe(2)
    expect(await app.call('examples.list', {})).toMatchObject([
      { ...choices, provenance: { kind: 'imported', file: 'notes.jsonl', line: 1 } },
      { ...choices, provenance: { kind: 'imported', file: 'notes.jsonl', line: 3 } },
    ])
    await app.call('examples.undo', { changeId: changeId ?? '' })
    expect(await app.call('examples.list', {})).toEqual([])
    expect(await failureCode(() => app.call('examples.preview', reading))).toBe('file-not-open')
  })

  it('of an import that is stopped are none', async () => {
    const app = await testApp()
    const base64 = Buffer.from('{"instruction":"Q","output":"A"}\n'.repeat(5_000)).toString('base64')
    const { fileId } = await app.call('examples.openFile', { file: 'a.jsonl', base64 })
    const input = { fileId, encoding: null, mapping: null, status: 'approved' as const, tags: [] }
    const stop = new AbortController()
    const seen: number[] = []
    const stopped = await app.call(
      'examples.import',
      input,
      ({ share }) => {
        seen.push(share)
        if (share > 0.6) stop.abort()
      },
      stop.signal,
    )
    expect(seen.length).toBeGreaterThan(1)
    expect(stopped.added).toBe(0)
    expect(await app.call('examples.list', {})).toEqual([])
    expect((await app.call('examples.import', input)).added).toBe(5_000)
    expect((await app.call('examples.find', nothing)).counts.approved).toBe(5_000)
  })

  it("show the engine's tokens and what the loss counts", async () => {
    const app = await testApp()
    const model = await withModel(app)
    const { id } = await app.call('examples.add', { messages: [user('Q'), assistant('A')] })
    expect(await app.call('examples.mask', { id, modelId: model.id })).toEqual({
      tokens: [{ text: 'A', scored: true }],
    })
    expect(app.engine.calls.at(-1)?.input).toMatchObject({
      examples: [{ id, messages: [user('Q'), assistant('A')] }],
    })
  })

  it('are reviewed, tagged, redacted and removed many at once, and all of it is taken back', async () => {
    const app = await testApp()
    const first = await app.call('examples.add', { messages: [user('Mail a@b.org'), assistant('Done')] })
    const second = await app.call('examples.add', { messages: [user('Q'), assistant('A')], tags: ['old'] })
    const before = await app.call('examples.list', {})
    const ids = [first.id, second.id]
    for (const change of [
      { kind: 'status', status: 'skipped' },
      { kind: 'addTag', tag: 'new' },
      { kind: 'removeTag', tag: 'old' },
      { kind: 'redact' },
      { kind: 'remove' },
    ] as const) {
      const { changeId, changed } = await app.call('examples.change', { ids, change })
      expect(changed).toBe(change.kind === 'redact' || change.kind === 'removeTag' ? 1 : 2)
      const after = await app.call('examples.list', {})
      switch (change.kind) {
        case 'status':
          expect(after.map(({ status }) => status)).toEqual(['skipped', 'skipped'])
          break
        case 'addTag':
          expect(after.flatMap(({ tags }) => tags).toSorted()).toEqual(['new', 'new', 'old'])
          break
        case 'removeTag':
          expect(after.flatMap(({ tags }) => tags)).toEqual([])
          break
        case 'redact':
          expect(after.flatMap(({ messages }) => messages)).toContainEqual(user('Mail [e-mail address]'))
          break
        case 'remove':
          expect(after).toEqual([])
      }
      await app.call('examples.undo', { changeId })
      const back = await app.call('examples.list', {})
      expect(back.map((one) => ({ ...one, updatedAt: 0 }))).toEqual(
        before.map((one) => ({ ...one, updatedAt: 0 })),
      )
      expect(await failureCode(() => app.call('examples.undo', { changeId }))).toBe('change-not-found')
    }
  })

  it('are found by words, status, tag and source', async () => {
    const app = await testApp()
    const hand = await app.call('examples.add', {
      messages: [user('Über "uns"'), assistant('A')],
      tags: ['x'],
    })
    const other = [user('Über uns?'), assistant('A')]
    const { id: suggested } = app.services.examples.suggest(hand.id, other, 'paraphrase')
    const find = async (wanted: Partial<ProcedureInput<'examples.find'>>) =>
      (await app.call('examples.find', { ...nothing, ...wanted })).ids
    expect(await find({ words: 'über "' })).toEqual([hand.id])
    expect(await find({ status: 'new' })).toEqual([suggested])
    expect(await find({ source: 'suggested' })).toEqual([suggested])
    expect((await find({ tag: 'x' })).toSorted()).toEqual([hand.id, suggested].toSorted())
    const { counts, tags } = await app.call('examples.find', nothing)
    expect(counts).toEqual({ new: 1, approved: 1, skipped: 0 })
    expect(tags).toEqual([{ tag: 'x', count: 2 }])
  })

  it('are checked: duplicates, private data, lengths', async () => {
    const app = await testApp()
    const model = await withModel(app)
    const add = (question: string, answer: string) =>
      app.call('examples.add', { messages: [user(question), assistant(answer)] })
    const first = await add('Where is the wooden bench of the workshop?', 'On the porch, by the door.')
    const copy = await add('where is the wooden bench of the workshop', 'On the porch, by the door!')
    const other = await add('Call +32 470 12 34 56', 'I will.')
    const checks = await app.call('examples.check', { modelId: model.id })
    expect(checks.contextLength).toBe(model.contextLength)
    expect(checks.duplicates.map((group) => group.toSorted())).toEqual([[first.id, copy.id].toSorted()])
    expect(checks.findings).toMatchObject([
      { id: other.id, findings: [{ kind: 'phone', turn: 0, start: 5 }] },
    ])
    expect(checks.tokens.find(({ id }) => id === other.id)).toMatchObject({ tokens: 28, learned: 7 })
    const counted = () => app.engine.calls.filter(({ operation }) => operation === 'countTokens').length
    const before = counted()
    await app.call('examples.check', { modelId: model.id })
    expect(counted()).toBe(before)
  })
})
