import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connect } from '../../../src-main/app/storage/connection.ts'
import { migrate, migrations } from '../../../src-main/app/storage/migrate.ts'
import type { Migration } from '../../../src-main/app/storage/migrations/migration.ts'
import { openStorage } from '../../../src-main/app/storage/storage.ts'
import { failureCode } from '../failure-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const first: Migration = { version: 1, sql: 'CREATE TABLE notes (text TEXT NOT NULL) STRICT' }
const second: Migration = {
  version: 2,
  sql: 'ALTER TABLE notes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0',
}
const broken: Migration = {
  version: 3,
  sql: 'CREATE TABLE half (a TEXT) STRICT; ALTER TABLE missing ADD COLUMN x TEXT',
}

function tableNames(path: string): string[] {
  const connection = connect(path)
  const rows = connection
    .prepare<object, { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all({})
  connection.close()
  return rows.map((row) => row.name)
}

describe('migrating', () => {
  it('numbers the migrations upwards from 1', () => {
    const versions = migrations.map((migration) => migration.version)
    expect(versions[0]).toBe(1)
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
  })

  it('keeps the five newest copies', () => {
    const directory = temporaryFolder()
    const connection = connect(join(directory, 'notes.sqlite'))
    const steps = Array.from({ length: 8 }, (_, i): Migration => {
      return { version: i + 1, sql: `CREATE TABLE t${i} (a TEXT) STRICT` }
    })
    for (const [i] of steps.entries()) migrate(connection, steps.slice(0, i + 1))
    connection.close()
    const layouts = readdirSync(join(directory, 'backups')).map((name) =>
      Number(/layout-(\d)/.exec(name)?.[1]),
    )
    expect(new Set(layouts)).toEqual(new Set([3, 4, 5, 6, 7]))
  })

  it('copies a database that holds data before it changes its layout', () => {
    const directory = temporaryFolder()
    const path = join(directory, 'notes.sqlite')
    let connection = connect(path)
    migrate(connection, [first])
    connection.execute("INSERT INTO notes VALUES ('kept')")
    connection.close()

    connection = connect(path)
    migrate(connection, [first, second])
    expect(connection.pragma('user_version')).toBe(2)
    expect(connection.prepare('SELECT * FROM notes').all({})).toEqual([{ text: 'kept', pinned: 0 }])
    connection.close()

    const [backup, ...others] = readdirSync(join(directory, 'backups'))
    expect(others).toEqual([])
    expect(backup).toMatch(/^notes-layout-1-.*\.sqlite$/)
    const copy = connect(join(directory, 'backups', backup ?? ''))
    expect(copy.prepare('SELECT * FROM notes').all({})).toEqual([{ text: 'kept' }])
    copy.close()
  })

  it('makes no copy of a new database', () => {
    const directory = temporaryFolder()
    const connection = connect(join(directory, 'notes.sqlite'))
    migrate(connection, [first, second])
    connection.close()
    expect(readdirSync(directory)).not.toContain('backups')
  })

  it('changes nothing when one of the migrations fails', () => {
    const path = join(temporaryFolder(), 'notes.sqlite')
    const connection = connect(path)
    migrate(connection, [first])
    expect(() => migrate(connection, [first, second, broken])).toThrow()
    expect(connection.pragma('user_version')).toBe(1)
    connection.close()
    expect(tableNames(path)).toEqual(['notes'])
  })

  it('refuses a database of a newer version and leaves it untouched', async () => {
    const directory = temporaryFolder()
    openStorage(directory).close()
    const path = join(directory, 'veranda.sqlite')
    const connection = connect(path)
    connection.pragma('user_version = 99')
    connection.close()
    const before = readFileSync(path)
    expect(await failureCode(() => openStorage(directory))).toBe('database-too-new')
    expect(readFileSync(path).equals(before)).toBe(true)
  })
})
