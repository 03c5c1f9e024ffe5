import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toSentence } from '../../../src-main/contract/sentence.ts'
import { connect } from '../../../src-main/app/storage/connection.ts'
import { dataTables, readManifest } from '../../../src-main/app/storage/backup-file.ts'
import { openStorage, type Storage } from '../../../src-main/app/storage/storage.ts'
import { failureCode } from '../failure-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { conversation, filledStorage, putAdapter, putExample, say } from './filled-folder.ts'

const texts = (storage: Storage) =>
  storage.examples.list().map((example) => example.messages.at(-1)?.content ?? '')

/** A backup of a filled folder; its storage stays open. */
function backedUp() {
  const directory = temporaryFolder()
  const storage = filledStorage(directory)
  const path = join(directory, 'my.veranda-backup')
  const manifest = storage.backUp(path)
  return { directory, storage, path, manifest }
}

describe('a backup', () => {
  it('is one file with the counts of what it holds', () => {
    const { storage, directory, path, manifest } = backedUp()
    expect(manifest.rows).toMatchObject({ conversations: 1, messages: 2, examples: 1, adapters: 1 })
    expect(readManifest(path)).toEqual(manifest)
    expect(readdirSync(directory).filter((name) => name.includes('part'))).toEqual([])
    storage.close()
  })

  it('is refused where a letter was changed, though SQLite finds no fault with it', async () => {
    const { storage, path } = backedUp()
    const bytes = readFileSync(path)
    bytes.write('Y', bytes.indexOf('yellow house'))
    writeFileSync(path, bytes)
    expect(await failureCode(() => storage.restore(path, 'merge'))).toBe('backup-damaged')
    storage.close()
  })

  it('is refused where it was cut, is none, is newer or is not there, and nothing is changed', async () => {
    const { storage, directory, path } = backedUp()
    const cut = join(directory, 'cut')
    writeFileSync(cut, readFileSync(path).subarray(0, 9000))
    expect(await failureCode(() => storage.restore(cut, 'replace'))).toBe('backup-damaged')
    const text = join(directory, 'text')
    writeFileSync(text, 'a shopping list')
    expect(await failureCode(() => storage.restore(text, 'replace'))).toBe('backup-damaged')
    const other = connect(join(directory, 'other'))
    other.execute('CREATE TABLE t (a)')
    other.close()
    expect(await failureCode(() => storage.restore(join(directory, 'other'), 'merge'))).toBe('backup-unknown')
    const newer = connect(path)
    newer.pragma('user_version = 99')
    newer.close()
    expect(await failureCode(() => storage.restore(path, 'merge'))).toBe('database-too-new')
    expect(await failureCode(() => storage.restore(join(directory, 'no'), 'merge'))).toBe('backup-not-found')
    expect(storage.messages.list('c1')).toHaveLength(2)
    storage.close()
  })
})

describe('restoring', () => {
  it('brings everything to an empty folder, searchable, with the adapter byte for byte', () => {
    const { storage, path } = backedUp()
    storage.close()
    const fresh = openStorage(temporaryFolder())
    expect(fresh.restore(path, 'merge')).toEqual({
      conversations: 1,
      messages: 2,
      examples: 1,
      adapters: 1,
      runs: 0,
      copies: 0,
    })
    expect(fresh.search.find('bramble')).toHaveLength(1)
    expect(Buffer.from(fresh.adapters.file('a1')?.file ?? []).toString()).toBe('a1')
    // Once more changes nothing.
    expect(fresh.restore(path, 'merge')).toMatchObject({ conversations: 0, messages: 0, copies: 0 })
    fresh.close()
  })

  it('merges: the newer title stays, messages of both sides are there, equal names get a number', () => {
    const { storage, path } = backedUp()
    storage.close()
    const here = openStorage(temporaryFolder())
    here.conversations.insert(conversation('c1', { title: 'newer', updatedAt: 5 }))
    say(here, 'c1', 'only here', 'm3')
    putAdapter(here, 'a2', 'pim')
    here.restore(path, 'merge')
    expect(here.conversations.get('c1')?.title).toBe('newer')
    expect(new Set(here.messages.list('c1').map(({ id }) => id))).toEqual(new Set(['m1', 'm2', 'm3']))
    expect(here.adapters.list().map(({ name }) => name)).toEqual(expect.arrayContaining(['pim', 'Pim 2']))
    here.close()
  })

  it('keeps the older of two texts of an example as a copy, once, whichever side is newer', () => {
    for (const [time, kept] of [
      [0, 'first'],
      [9, 'edited'],
    ] as const) {
      const { storage, path } = backedUp()
      storage.close()
      const here = openStorage(temporaryFolder())
      putExample(here, 'e1', 'edited', time)
      expect(here.restore(path, 'merge').copies).toBe(1)
      expect(here.restore(path, 'merge').copies).toBe(0)
      expect(here.examples.get('e1')?.messages.at(-1)?.content).toBe(kept)
      expect(new Set(texts(here))).toEqual(new Set(['first', 'edited']))
      here.close()
    }
  })

  it('replaces: what is here goes, and a copy of it is kept', () => {
    const { storage, directory, path } = backedUp()
    storage.conversations.insert(conversation('c2'))
    storage.restore(path, 'replace')
    expect(storage.conversations.list().map(({ id }) => id)).toEqual(['c1'])
    const [copy = ''] = readdirSync(join(directory, 'backups'))
    const before = connect(join(directory, 'backups', copy))
    expect(before.prepare('SELECT count(*) AS n FROM conversations').get({})).toEqual({ n: 2 })
    before.close()
    storage.close()
  })

  it('finds the model of a conversation by its source, and lets go of one that is not here', () => {
    const directory = temporaryFolder()
    const there = filledStorage(directory)
    const model = {
      name: 'S',
      architecture: 'llama',
      parameterCount: 1,
      quantization: toSentence('F32'),
      contextLength: 1,
      sizeBytes: 1,
      createdAt: 1,
    }
    there.models.insert({ ...model, id: 'there', sourceHash: 'same' })
    there.models.insert({ ...model, id: 'gone', sourceHash: 'other' })
    there.conversations.insert(conversation('known', { modelId: 'there' }))
    there.conversations.insert(conversation('unknown', { modelId: 'gone' }))
    const path = join(directory, 'b')
    there.backUp(path)
    there.close()
    const here = openStorage(temporaryFolder())
    here.models.insert({ ...model, id: 'here', sourceHash: 'same' })
    here.restore(path, 'merge')
    expect(here.conversations.get('known')?.modelId).toBe('here')
    expect(here.conversations.get('unknown')?.modelId).toBe(null)
    expect(here.models.list()).toHaveLength(1)
    here.close()
  })

  it('clears everything, the words in the file as well', () => {
    const { storage, directory } = backedUp()
    storage.clear()
    expect(storage.conversations.list()).toEqual([])
    expect(storage.search.find('bramble')).toEqual([])
    storage.close()
    expect(readFileSync(join(directory, 'veranda.sqlite')).includes('Bramble')).toBe(false)
    expect(existsSync(join(directory, 'veranda.sqlite-wal'))).toBe(false)
  })

  it('knows every table: a new one is merged row by row or by a rule of its own', () => {
    const path = join(temporaryFolder(), 'veranda.sqlite')
    openStorage(join(path, '..')).close()
    const connection = connect(path)
    expect(dataTables(connection)).toEqual(
      expect.arrayContaining(['adapters', 'conversations', 'examples', 'messages', 'personas', 'run_losses']),
    )
    expect(dataTables(connection).filter((table) => table.startsWith('message_search'))).toEqual([])
    connection.close()
  })
})
