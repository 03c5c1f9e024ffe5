/** What can still be read of a damaged database, row by row. */
import { dataTables } from './backup-file.ts'
import { connect, type Connection } from './connection.ts'
import { migrate, migrations } from './migrate.ts'

type Row = Readonly<Record<string, unknown>>

/** Single rows looked for between the readable ends of a table at most; a table's middle may be lost. */
const mostProbed = 200_000

/**
 * Copies the readable rows of the database at `from` into a new one of the same layout at `to`.
 * Returns how many there were; 0 where not even the layout can be read.
 */
export function salvage(from: string, to: string): number {
  const damaged = connect(from)
  const saved = connect(to)
  try {
    const version = Number(attempt(() => damaged.pragma('user_version')) ?? 0)
    if (version === 0) return 0
    const known = migrations.filter((migration) => migration.version <= version)
    migrate(saved, known)
    saved.pragma('foreign_keys = OFF')
    const rows = saved.transaction(() => {
      const perTable = dataTables(saved).map((table) => copyTable(damaged, saved, table))
      adoptOrphans(saved)
      return perTable.reduce((sum, count) => sum + count, 0)
    })
    return rows
  } finally {
    damaged.close()
    saved.close()
  }
}

function copyTable(damaged: Connection, saved: Connection, table: string): number {
  const names = saved
    .prepare<{ table: string }, { name: string }>('SELECT name FROM pragma_table_info(@table)')
    .all({ table })
    .map(({ name }) => name)
  const insert = saved.prepare<Row>(
    `INSERT OR IGNORE INTO "${table}" (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`,
  )
  let copied = 0
  const put = (row: Row): void => {
    // A row with a broken value is no row.
    copied += attempt(() => insert.run(row)) ?? 0
  }
  const first = readUntilBroken(damaged, table, 'ASC', put)
  if (first === 'all') return copied
  const last = readUntilBroken(damaged, table, 'DESC', put)
  if (first !== 'nothing' && last !== 'all' && last !== 'nothing') {
    const one = attempt(() =>
      damaged.prepare<{ number: number }, Row>(`SELECT * FROM "${table}" WHERE rowid = @number`),
    )
    const end = Math.min(last, first + mostProbed)
    for (let number = first + 1; number < end; number++) {
      const row = attempt(() => one?.get({ number }))
      if (row !== undefined) put(row)
    }
  }
  return copied
}

/** Reads from one end: 'all' rows, 'nothing', or the rowid of the last one that could be read. */
function readUntilBroken(
  damaged: Connection,
  table: string,
  direction: 'ASC' | 'DESC',
  put: (row: Row) => void,
): 'all' | 'nothing' | number {
  let last: number | null = null
  try {
    const numbered = hasRowid(damaged, table)
    const rows = damaged.prepare<object, Row & { rowid_: number }>(
      numbered
        ? `SELECT rowid AS rowid_, * FROM "${table}" NOT INDEXED ORDER BY rowid ${direction}`
        : `SELECT 0 AS rowid_, * FROM "${table}"`,
    )
    for (const { rowid_, ...row } of rows.iterate({})) {
      last = rowid_
      put(row)
    }
    return 'all'
  } catch {
    // The place of the damage is all there is to know.
    return last ?? 'nothing'
  }
}

function hasRowid(damaged: Connection, table: string): boolean {
  return (
    damaged
      .prepare<{ table: string }, { wr: number }>('SELECT wr FROM pragma_table_list WHERE name = @table')
      .get({ table })?.wr === 0
  )
}

/** Messages whose conversation was lost come together in a new one. */
function adoptOrphans(saved: Connection): void {
  saved.execute(`
INSERT INTO conversations (id, title, strength, system_prompt, created_at, updated_at)
  SELECT conversation_id, 'Recovered', 1, '', min(created_at), max(created_at) FROM messages
  WHERE conversation_id NOT IN (SELECT id FROM conversations) GROUP BY conversation_id;
`)
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
