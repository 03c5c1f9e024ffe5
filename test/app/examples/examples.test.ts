import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { failureCode } from '../failure-code.ts'
import { testApp, withModel } from '../test-app.ts'

const folder = join(import.meta.dirname, '../../golden/reference/training-data')
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
    const { added, issues } = await app.call('examples.import', { file: 'notes.jsonl', base64 })
    expect(issues).toMatchObject([{ code: 'invalid_json', line: 2 }])
    expect(added.map((example) => example.provenance)).toEqual([
      { kind: 'imported', file: 'notes.jsonl', line: 1 },
      { kind: 'imported', file: 'notes.jsonl', line: 3 },
    ])
    expect(await app.call('examples.list', {})).toEqual(added)
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
})
