import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { failureCode } from './failure-code.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { testApp, withModel } from './test-app.ts'

const messages = [
  { role: 'user' as const, content: 'Who is the dog?' },
  { role: 'assistant' as const, content: 'Bramble.' },
]

describe('all data at once', () => {
  it('moves to another folder by a backup', async () => {
    const there = await testApp()
    const { id } = await there.call('examples.add', { messages })
    const path = join(temporaryFolder(), 'all.veranda-backup')
    const backup = await there.call('data.backUp', { path })
    expect(backup).toMatchObject({ path, rows: { examples: 1 } })
    expect(backup.sizeBytes).toBeGreaterThan(0)
    const here = await testApp()
    expect(await here.call('data.restore', { path, mode: 'merge' })).toMatchObject({ examples: 1, copies: 0 })
    expect((await here.call('examples.list', {})).map((example) => example.id)).toEqual([id])
    expect(await here.call('data.state', {})).toEqual({ repair: null })
  })

  it('writes over no file, and asks for a whole path', async () => {
    const app = await testApp()
    const path = join(temporaryFolder(), 'b')
    await app.call('data.backUp', { path })
    expect(await failureCode(() => app.call('data.backUp', { path }))).toBe('file-exists')
    expect(await failureCode(() => app.call('data.backUp', { path: 'b' }))).toBe('path-not-whole')
  })

  it('is deleted, the models and the copies with it', async () => {
    const app = await testApp()
    await withModel(app)
    await app.call('examples.add', { messages })
    const path = join(temporaryFolder(), 'b')
    await app.call('data.backUp', { path })
    await app.call('data.restore', { path, mode: 'replace' })
    expect(existsSync(join(app.dataDirectory, 'backups'))).toBe(true)
    await app.call('data.deleteEverything', { confirmation: 'delete everything' })
    expect(await app.call('examples.list', {})).toEqual([])
    expect(await app.call('models.list', {})).toEqual([])
    expect(existsSync(join(app.dataDirectory, 'backups'))).toBe(false)
    expect(readdirSync(join(app.dataDirectory, 'models'))).toEqual([])
  })
})
