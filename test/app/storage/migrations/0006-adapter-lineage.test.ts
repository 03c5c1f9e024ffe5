import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connect } from '../../../../src-main/app/storage/connection.ts'
import { migrate, migrations } from '../../../../src-main/app/storage/migrate.ts'
import { adaptersTable } from '../../../../src-main/app/storage/tables/adapters.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

it('tells trained, continued and imported adapters apart by their runs', () => {
  const connection = connect(join(temporaryFolder(), 'old.sqlite'))
  migrate(
    connection,
    migrations.filter(({ version }) => version < 6),
  )
  const run = (id: string, parent: string | null): void =>
    connection.execute(`
      INSERT INTO runs (id, name, model_id, model_name, model_hash, status, settings, parent_id, dataset,
        example_count, held_out_count, step, steps, created_at)
      VALUES ('${id}', 'Pim', 'm', 'M', 'h', 'done', '{}', ${parent === null ? 'NULL' : `'${parent}'`}, '{}', 1, 0, 1, 1, 1)`)
  const adapter = (id: string, runId: string | null): void =>
    connection.execute(`
      INSERT INTO adapters (id, name, model_id, model_name, model_hash, rank, targets, projection_key,
        parameter_count, file, file_hash, run_id, created_at)
      VALUES ('${id}', 'the ${id}', 'm', 'M', 'h', 4, '[]', 0, 1, x'00', 'f',
        ${runId === null ? 'NULL' : `'${runId}'`}, 1)`)
  run('r1', null)
  run('r2', 'first')
  run('r3', 'gone')
  adapter('first', 'r1')
  adapter('second', 'r2')
  adapter('third', 'r3')
  adapter('foreign', null)
  migrate(connection)
  const adapters = adaptersTable(connection)
  const lineage = (id: string) => {
    const { origin, parents, notes } = adapters.get(id) ?? {}
    return { origin, parents, notes }
  }
  expect(lineage('first')).toEqual({ origin: 'trained', parents: [], notes: '' })
  expect(lineage('second')).toEqual({
    origin: 'continued',
    parents: [{ id: 'first', name: 'the first', weight: null }],
    notes: '',
  })
  expect(lineage('third')).toMatchObject({ parents: [{ id: 'gone', name: '', weight: null }] })
  expect(lineage('foreign')).toMatchObject({ origin: 'imported', parents: [] })
  connection.close()
})
