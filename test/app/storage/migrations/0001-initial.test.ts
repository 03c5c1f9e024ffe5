import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connect } from '../../../../src-main/app/storage/connection.ts'
import { migrate } from '../../../../src-main/app/storage/migrate.ts'
import { initial } from '../../../../src-main/app/storage/migrations/0001-initial.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

it('makes every table, each of them strict', () => {
  const connection = connect(join(temporaryFolder(), 'new.sqlite'))
  migrate(connection, [initial])
  const tables = connection
    .prepare<object, { name: string; strict: number }>(
      "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .all({})
  expect(tables).toEqual(
    ['adapters', 'conversations', 'examples', 'messages', 'models', 'run_losses', 'runs', 'settings'].map(
      (name) => ({ name, strict: 1 }),
    ),
  )
  connection.close()
})

it('allows one adapter a name, whatever its case, but for deleted ones', () => {
  const connection = connect(join(temporaryFolder(), 'new.sqlite'))
  migrate(connection, [initial])
  const insert = connection.prepare<{ id: string; name: string; deletedAt: number | null }>(
    `INSERT INTO adapters (id, name, model_id, model_name, model_hash, rank, targets, projection_key,
       parameter_count, file, file_hash, created_at, deleted_at)
     VALUES (@id, @name, 'm', 'M', 'h', 4, '[]', 0, 1, x'00', 'h', 0, @deletedAt)`,
  )
  insert.run({ id: '1', name: 'Pim', deletedAt: null })
  insert.run({ id: '2', name: 'Pim', deletedAt: 5 })
  expect(() => insert.run({ id: '3', name: 'pim', deletedAt: null })).toThrow(/UNIQUE/)
  connection.close()
})
