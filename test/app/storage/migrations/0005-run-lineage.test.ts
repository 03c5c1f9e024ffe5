import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connect } from '../../../../src-main/app/storage/connection.ts'
import { migrate, migrations } from '../../../../src-main/app/storage/migrate.ts'
import { runsTable } from '../../../../src-main/app/storage/tables/runs.ts'
import { queuedRun } from '../../../queued-run.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

it('runs from before began anew, without questions of their own', () => {
  const connection = connect(join(temporaryFolder(), 'old.sqlite'))
  migrate(connection, migrations.slice(0, 4))
  const settings = JSON.stringify(queuedRun.settings)
  connection.execute(`
    INSERT INTO runs (id, name, model_id, model_name, model_hash, status, settings, dataset, example_count,
        held_out_count, step, steps, created_at)
      VALUES ('r', 'Pim', 'm', 'M', 'h', 'done', '${settings}', '{"training":[],"heldOut":[]}', 1, 0, 0, 0, 1)`)
  migrate(connection)
  const runs = runsTable(connection)
  expect(runs.get('r')).toMatchObject({ name: 'Pim', parentId: null, probes: [] })
  expect(runs.samples('r')).toEqual([])
  connection.close()
})
