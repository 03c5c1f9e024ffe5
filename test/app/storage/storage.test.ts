import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sentence, toSentence } from '../../../src-main/contract/sentence.ts'
import type { Example, Model } from '../../../src-main/contract/entities.ts'
import { connect } from '../../../src-main/app/storage/connection.ts'
import { openStorage } from '../../../src-main/app/storage/storage.ts'
import { failureCode } from '../failure-code.ts'
import { conversation as filledConversation } from './filled-folder.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const model: Model = {
  id: 'small',
  name: 'Small',
  architecture: 'llama',
  parameterCount: 1000,
  quantization: toSentence('Q4_1'),
  contextLength: 512,
  sizeBytes: 2000,
  sourceHash: 'ab'.repeat(32),
  createdAt: 1,
}
const conversation = filledConversation('c1', { title: '', modelId: 'small' })

function example(id: string, provenance: Example['provenance'], answer = 'A'): Example {
  const messages = [
    { role: 'user' as const, content: 'Q' },
    { role: 'assistant' as const, content: answer },
  ]
  return {
    id,
    messages,
    rejected: null,
    status: 'approved',
    tags: [],
    provenance,
    createdAt: 1,
    updatedAt: 1,
  }
}

describe('models', () => {
  it('keeps what rounding did to the weights as a sentence, and reads what was text before', () => {
    const directory = temporaryFolder()
    const quantization = sentence`${[sentence`${4} bits`]}, from ${'F16'}`
    const storage = openStorage(directory)
    storage.models.insert({ ...model, quantization })
    storage.models.insert({ ...model, id: 'old' })
    storage.close()
    const connection = connect(join(directory, 'veranda.sqlite'))
    connection.execute("UPDATE models SET quantization = '4 bits 84%, from F16' WHERE id = 'old'")
    connection.close()

    const again = openStorage(directory)
    expect(again.models.get('small')).toEqual({ ...model, quantization })
    expect(again.models.get('old')?.quantization).toEqual(toSentence('4 bits 84%, from F16'))
    expect(again.models.list()).toHaveLength(2)
    again.close()
  })
})

describe('opening', () => {
  it.skipIf(process.platform === 'win32')(
    'makes a folder that is its owner’s alone, and changes none',
    () => {
      const modeOf = (path: string): number => statSync(path).mode & 0o777
      const folder = temporaryFolder()
      openStorage(join(folder, 'new')).close()
      expect(modeOf(join(folder, 'new'))).toBe(0o700)
      mkdirSync(join(folder, 'shared'), { mode: 0o755 })
      openStorage(join(folder, 'shared')).close()
      expect(modeOf(join(folder, 'shared'))).toBe(0o755)
    },
  )

  it('refuses a second instance until the first is closed', async () => {
    const directory = temporaryFolder()
    const first = openStorage(directory)
    expect(await failureCode(() => openStorage(directory))).toBe('data-folder-in-use')
    first.close()
    openStorage(directory).close()
  })

  it('drops the lock of a process that was killed', async () => {
    const directory = temporaryFolder()
    const source = new URL('../../../src-main/app/storage/storage.ts', import.meta.url).href
    const holder = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import { openStorage } from ${JSON.stringify(source)}
       globalThis.held = openStorage(${JSON.stringify(directory)}); console.log('open'); setInterval(() => {}, 1000)`,
    ])
    await once(holder.stdout, 'data')
    expect(await failureCode(() => openStorage(directory))).toBe('data-folder-in-use')
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    openStorage(directory).close()
  })

  it('says that a file is no folder', async () => {
    const path = join(temporaryFolder(), 'file')
    writeFileSync(path, '')
    expect(await failureCode(() => openStorage(path))).toBe('data-folder-unusable')
  })

  it('says that the folder can not be written to', async () => {
    const directory = temporaryFolder()
    // Even the administrator can't open a folder as a database.
    mkdirSync(join(directory, 'veranda.sqlite'))
    expect(await failureCode(() => openStorage(directory))).toBe('data-folder-read-only')
  })
})

describe('a full disk', () => {
  it('is a failure, and keeps what was saved before', async () => {
    const path = join(temporaryFolder(), 'full.sqlite')
    const connection = connect(path)
    connection.execute('CREATE TABLE t (v TEXT) STRICT')
    const insert = connection.prepare<{ v: string }>('INSERT INTO t VALUES (@v)')
    const count = connection.prepare<object, { n: number }>('SELECT count(*) AS n FROM t')
    insert.run({ v: 'kept' })
    connection.pragma('max_page_count = 3')
    const fill = () => connection.transaction(() => insert.run({ v: 'x'.repeat(100_000) }))
    expect(await failureCode(fill)).toBe('disk-full')
    expect(count.get({})).toEqual({ n: 1 })
    connection.close()
  })
})

describe('the tables', () => {
  it('keep conversations when their model is removed', () => {
    const storage = openStorage(temporaryFolder())
    storage.models.insert(model)
    storage.conversations.insert(conversation)
    storage.models.remove('small')
    expect(storage.conversations.get('c1')).toEqual({ ...conversation, modelId: null })
    storage.close()
  })

  it('undo a deletion until the next start, and forget it then', () => {
    const directory = temporaryFolder()
    let storage = openStorage(directory)
    storage.conversations.insert({ ...conversation, modelId: null })
    expect(storage.conversations.remove('c1', 5)).toBe(true)
    expect(storage.conversations.remove('c1', 6)).toBe(false)
    expect(storage.conversations.list()).toEqual([])
    expect(storage.conversations.restore('c1')).toBe(true)
    expect(storage.conversations.list()).toHaveLength(1)
    storage.conversations.remove('c1', 7)
    storage.close()
    storage = openStorage(directory)
    expect(storage.conversations.restore('c1')).toBe(false)
    storage.close()
  })

  it('number messages in the order they were said', () => {
    const storage = openStorage(temporaryFolder())
    storage.conversations.insert({ ...conversation, modelId: null })
    for (const id of ['m2', 'm1', 'm3']) {
      storage.messages.append({
        id,
        conversationId: 'c1',
        parentId: null,
        role: 'user',
        content: id,
        status: 'complete',
        rating: 'none',
        adapterId: null,
        strength: null,
        tokensPerSecond: null,
        contextTokens: null,
        contextFrom: null,
        createdAt: 1,
      })
    }
    expect(storage.messages.list('c1').map((message) => message.id)).toEqual(['m2', 'm1', 'm3'])
    storage.close()
  })

  it('keep one example a message: making it again brings back the one that was deleted', () => {
    const storage = openStorage(temporaryFolder())
    storage.examples.put(example('e1', { kind: 'rated', messageId: 'm1' }))
    storage.examples.remove('e1', 2)
    const again = storage.examples.put(example('e2', { kind: 'taught', messageId: 'm1' }, 'better'))
    expect(again.id).toBe('e1')
    expect(again.provenance).toEqual({ kind: 'taught', messageId: 'm1' })
    expect(storage.examples.list()).toHaveLength(1)
    storage.close()
  })

  it('list examples newest first, those of one import in the order of their file', () => {
    const storage = openStorage(temporaryFolder())
    storage.examples.put(example('a', { kind: 'imported', file: 'f', line: 1 }))
    storage.examples.put(example('b', { kind: 'imported', file: 'f', line: 2 }))
    storage.examples.put({ ...example('c', { kind: 'hand' }), createdAt: 2 })
    expect(storage.examples.list().map((one) => one.id)).toEqual(['c', 'a', 'b'])
    storage.close()
  })

  it('undo a whole transaction', () => {
    const storage = openStorage(temporaryFolder())
    expect(() =>
      storage.transaction(() => {
        storage.models.insert(model)
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(storage.models.list()).toEqual([])
    storage.close()
  })
})
