/**
 * A backup: one SQLite file with everything but the models' weights, and what it must hold to be whole.
 *
 * The table `backup_manifest` keeps when it was made, the rows of each table and a SHA-256 over all of their
 * values: SQLite's own check finds broken pages, but not a changed letter.
 */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { z } from 'zod'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { copyDatabase } from './automatic-backup.ts'
import { connect, type Connection } from './connection.ts'
import { checkVersion } from './migrate.ts'
import { storing } from './storage-failure.ts'

const manifestTable = 'backup_manifest'
const manifest = z.object({
  createdAt: z.number(),
  rows: z.record(z.string(), z.number()),
  sha256: z.string(),
})
export type BackupManifest = z.infer<typeof manifest>

/** Writes the backup and reads it again: it is under its name only once it is known to be whole. */
export function writeBackup(connection: Connection, path: string): BackupManifest {
  const unfinished = `${path}.part`
  return storing(path, () => {
    copyDatabase(connection, unfinished)
    try {
      const written = describeInFile(unfinished)
      const read = readManifest(unfinished)
      if (read.sha256 !== written.sha256 || !sameRows(read.rows, countRows(connection))) throw damaged(path)
      sync(unfinished)
      renameSync(unfinished, path)
      return read
    } finally {
      rmSync(unfinished, { force: true })
    }
  })
}

/**
 * Checks that a file is a whole backup that this version can read.
 *
 * @throws Failure `backup-not-found`, `backup-unknown` (no backup at all), `backup-damaged`, `database-too-new`
 */
export function readManifest(path: string): BackupManifest {
  if (!existsSync(path)) {
    throw new Failure('backup-not-found', sentence`There is no file ${path}. Check the path of the backup.`)
  }
  let connection: Connection | undefined
  try {
    connection = connect(path)
    const table = connection
      .prepare<object, { name: string }>(`SELECT name FROM sqlite_schema WHERE name = '${manifestTable}'`)
      .get({})
    if (table === undefined) throw unknownFile(path)
    checkVersion(connection)
    if (connection.pragma('integrity_check(1)') !== 'ok') throw damaged(path)
    const row = connection.prepare<object, { value: string }>(`SELECT value FROM ${manifestTable}`).get({})
    const stored = manifest.safeParse(JSON.parse(row?.value ?? 'null'))
    if (!stored.success) throw damaged(path)
    const isWhole =
      sameRows(stored.data.rows, countRows(connection)) && stored.data.sha256 === digest(connection)
    if (!isWhole) throw damaged(path)
    return stored.data
  } catch (error) {
    if (error instanceof Failure && error.code !== 'database-damaged') throw error
    throw damaged(path, error)
  } finally {
    connection?.close()
  }
}

/** The tables that hold what a person made, in a fixed order. */
export function dataTables(connection: Connection, schema = 'main'): string[] {
  return connection
    .prepare<{ schema: string }, { name: string }>(
      `SELECT name FROM pragma_table_list WHERE schema = @schema AND type = 'table'
         AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND name <> '${manifestTable}' ORDER BY name`,
    )
    .all({ schema })
    .map(({ name }) => name)
}

function describeInFile(path: string): BackupManifest {
  const connection = connect(path)
  try {
    connection.pragma('journal_mode = DELETE')
    const made = { createdAt: Date.now(), rows: countRows(connection), sha256: digest(connection) }
    connection.execute(`CREATE TABLE ${manifestTable} (value TEXT NOT NULL CHECK (json_valid(value))) STRICT`)
    connection
      .prepare<{ value: string }>(`INSERT INTO ${manifestTable} VALUES (@value)`)
      .run({ value: JSON.stringify(made) })
    return made
  } finally {
    connection.close()
  }
}

function countRows(connection: Connection): Record<string, number> {
  const count = (table: string): number =>
    connection.prepare<object, { n: number }>(`SELECT count(*) AS n FROM "${table}"`).get({})?.n ?? 0
  return Object.fromEntries(dataTables(connection).map((table) => [table, count(table)]))
}

function digest(connection: Connection): string {
  const hash = createHash('sha256')
  for (const table of dataTables(connection)) {
    hash.update(`\n${table}\n`)
    const rows = connection.prepare<object, Record<string, unknown>>(`SELECT * FROM "${table}" ORDER BY 1, 2`)
    for (const row of rows.iterate({})) {
      for (const value of Object.values(row)) {
        hash.update(value instanceof Uint8Array ? value : `${typeof value}:${JSON.stringify(value)};`)
      }
    }
  }
  return hash.digest('hex')
}

function sameRows(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => a[name] === b[name])
}

function sync(path: string): void {
  const file = openSync(path, 'r+')
  fsyncSync(file)
  closeSync(file)
}

function unknownFile(path: string): Failure {
  return new Failure(
    'backup-unknown',
    sentence`${path} is a database, but no backup of Veranda. Choose a file that “Back up” has written.`,
  )
}

function damaged(path: string, cause?: unknown): Failure {
  return new Failure(
    'backup-damaged',
    sentence`The backup ${path} is damaged, or is none of Veranda's; nothing was changed by it. Use another backup.`,
    { cause },
  )
}
