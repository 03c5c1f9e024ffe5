import type { NetworkOutcome, NetworkRequest } from '../../../contract/entities.ts'
import type { Connection } from '../connection.ts'

const columns =
  'id, started_at AS startedAt, host, purpose, subject, received_bytes AS receivedBytes, outcome'

export type NetworkRequestsTable = ReturnType<typeof networkRequestsTable>

export function networkRequestsTable(connection: Connection) {
  const list = connection.prepare<object, NetworkRequest>(
    `SELECT ${columns} FROM network_requests ORDER BY started_at DESC, rowid DESC`,
  )
  const insert = connection.prepare<NetworkRequest>(
    `INSERT INTO network_requests (id, started_at, host, purpose, subject, received_bytes, outcome)
     VALUES (@id, @startedAt, @host, @purpose, @subject, @receivedBytes, @outcome)`,
  )
  const forget = connection.prepare<{ kept: number }>(
    `DELETE FROM network_requests WHERE rowid NOT IN
       (SELECT rowid FROM network_requests ORDER BY started_at DESC, rowid DESC LIMIT @kept)`,
  )
  const note = connection.prepare<Pick<NetworkRequest, 'id' | 'receivedBytes' | 'outcome'>>(
    'UPDATE network_requests SET received_bytes = @receivedBytes, outcome = @outcome WHERE id = @id',
  )
  const endRunning = connection.prepare<{ outcome: NetworkOutcome }>(
    "UPDATE network_requests SET outcome = @outcome WHERE outcome = 'running'",
  )
  const clear = connection.prepare<object>('DELETE FROM network_requests')
  return {
    /** Newest first. */
    list: (): NetworkRequest[] => list.all({}),
    /** Adds one, and forgets all but the newest `kept`. */
    insert(request: NetworkRequest, kept: number): void {
      connection.transaction(() => {
        insert.run(request)
        forget.run({ kept })
      })
    },
    note: (changes: Pick<NetworkRequest, 'id' | 'receivedBytes' | 'outcome'>): void => void note.run(changes),
    endRunning: (outcome: NetworkOutcome): void => void endRunning.run({ outcome }),
    clear: (): void => void clear.run({}),
  }
}
