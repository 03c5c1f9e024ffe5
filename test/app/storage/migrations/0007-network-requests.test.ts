import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connect } from '../../../../src-main/app/storage/connection.ts'
import { migrate, migrations } from '../../../../src-main/app/storage/migrate.ts'
import { networkRequestsTable } from '../../../../src-main/app/storage/tables/network-requests.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

it('begins with an empty log, and takes no outcome that it does not know', () => {
  const connection = connect(join(temporaryFolder(), 'old.sqlite'))
  migrate(connection, migrations.filter(({ version }) => version < 7), { copyFirst: false }) // prettier-ignore
  migrate(connection, migrations, { copyFirst: false })
  const requests = networkRequestsTable(connection)
  expect(requests.list()).toEqual([])
  const request = {
    id: 'a',
    startedAt: 1,
    host: 'h',
    purpose: 'model',
    subject: 's',
    receivedBytes: 0,
  } as const
  requests.insert({ ...request, outcome: 'running' }, 10)
  expect(requests.list()).toEqual([{ ...request, outcome: 'running' }])
  expect(() => connection.execute("UPDATE network_requests SET outcome = 'odd'")).toThrow(/CHECK/)
  connection.close()
})
