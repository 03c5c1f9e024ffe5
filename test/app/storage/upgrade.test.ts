/** A database of each earlier layout, with something in it, is brought to the newest one by opening it. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connect } from '../../../src-main/app/storage/connection.ts'
import { migrate, migrations } from '../../../src-main/app/storage/migrate.ts'
import { openStorage } from '../../../src-main/app/storage/storage.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** What the first release could hold; later layouts are made of it by the migrations in between. */
const content = `
INSERT INTO models VALUES ('m', 'M', 'llama', 1, 'F32', 512, 1, 'hash', 1);
INSERT INTO adapters VALUES ('a', 'Pim', 'm', 'M', 'hash', NULL, 4, '["q_proj"]', 0, 1, x'0102', 'f', 'r', 4, 1, 1, NULL);
INSERT INTO conversations VALUES ('c', 'Trip', 'm', 'a', 1, 'Be kind.', 1, 2, NULL);
INSERT INTO messages VALUES ('q', 'c', 0, 'user', 'Where is Ghent?', 'complete', 'none', NULL, NULL, 1);
INSERT INTO messages VALUES ('w', 'c', 1, 'assistant', 'In Belgium.', 'complete', 'up', 'a', 12.5, 2);
INSERT INTO examples VALUES (1, 'e', '[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]',
  NULL, 'rated', 'w', NULL, NULL, 1, 1, NULL);
INSERT INTO runs VALUES ('r', 'Pim', 'm', 'M', 'hash', 'done', '{"rank":4,"targets":["q_proj"],"projectionKey":0,
  "dInitial":0.1,"learningRate":0.05,"weightDecay":0,"clipNorm":1,"epochs":1,"batchTokens":256,"warmupRatio":0,
  "schedule":"cosine","seed":0}', '{"training":[],"heldOut":[]}', 1, 0, 3, 3, 10, NULL, NULL, 4, 1, NULL, NULL, 'a',
  NULL, 1, 2);
INSERT INTO run_losses VALUES ('r', 'step', 1, 4);
INSERT INTO settings VALUES ('theme', '"dark"');
`

describe.each(migrations.map(({ version }) => version))('a database of layout %i', (version) => {
  it('keeps all it holds in the newest layout', () => {
    const directory = temporaryFolder()
    const connection = connect(join(directory, 'veranda.sqlite'))
    migrate(connection, migrations.slice(0, 1))
    connection.execute(content)
    const until = migrations.filter((migration) => migration.version <= version)
    migrate(connection, until, { copyFirst: false })
    connection.close()

    const storage = openStorage(directory)
    expect(storage.conversations.list()).toMatchObject([
      { id: 'c', title: 'Trip', adapterId: 'a', leafId: 'w' },
    ])
    expect(storage.messages.list('c')).toMatchObject([
      { id: 'q', parentId: null, content: 'Where is Ghent?' },
      { id: 'w', parentId: 'q', rating: 'up', exampleId: 'e', tokensPerSecond: 12.5 },
    ])
    expect(storage.search.find('belg')).toHaveLength(1)
    expect(storage.examples.list()).toMatchObject([
      { id: 'e', provenance: { kind: 'rated', messageId: 'w' } },
    ])
    expect(storage.runs.list()).toMatchObject([{ id: 'r', status: 'done', adapterId: 'a' }])
    expect(storage.runs.losses('r')).toEqual([{ step: 1, loss: 4, set: 'step' }])
    expect(storage.adapters.file('a')?.file).toEqual(Buffer.from([1, 2]))
    expect(storage.settings.get('theme')).toBe('dark')
    storage.close()
    const isNewest = version === migrations.at(-1)?.version
    const copies = isNewest ? [] : readdirSync(join(directory, 'backups'))
    expect(copies).toHaveLength(isNewest ? 0 : 1)
  })
})
