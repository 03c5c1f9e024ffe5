/** A damaged database: what can be read of it is saved, what can't comes from the newest whole copy. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { automaticBackups } from './automatic-backup.ts'
import { connect, useForWriting, type Connection } from './connection.ts'
import { migrate, migrations } from './migrate.ts'
import { mergeCopy } from './restore-backup.ts'
import { salvage } from './salvage.ts'

/** What a person is told of it. */
export interface RepairReport {
  /** Where the damaged file was put, unchanged. */
  readonly quarantine: string
  /** Rows that could still be read. */
  readonly savedRows: number
  /** When the copy was made that filled the gaps; null where there was none. */
  readonly backupPath: string | null
}

/**
 * Checks the database and, if it is damaged, builds a new one beside it from its readable rows and the newest
 * whole automatic copy, then puts the damaged one into the folder `quarantine` and the new one in its place.
 * A process that dies meanwhile leaves the damaged one, or a whole new one that the next start puts in place.
 */
export function repairIfDamaged(path: string): RepairReport | null {
  const rebuilt = `${path}.rebuilt`
  if (!existsSync(path)) {
    if (existsSync(rebuilt)) renameSync(rebuilt, path)
    return null
  }
  if (!isDamaged(path)) return null
  const building = `${path}.building`
  removeDatabase(building)
  const database = connect(building)
  let report: Omit<RepairReport, 'quarantine'>
  try {
    useForWriting(database)
    migrate(database)
    report = fill(database, path)
    // Everything into the one file that is renamed.
    database.pragma('journal_mode = DELETE')
  } finally {
    database.close()
  }
  renameSync(building, rebuilt)
  const quarantine = moveAway(path)
  renameSync(rebuilt, path)
  return { quarantine, ...report }
}

/** The readable rows first, then those that only the copy still has: of both, the newer stays. */
function fill(database: Connection, damaged: string): Omit<RepairReport, 'quarantine'> {
  const saved = `${damaged}.salvaged`
  removeDatabase(saved)
  try {
    const savedRows = salvage(damaged, saved)
    if (savedRows > 0) mergeWithModels(database, saved)
    for (const backupPath of automaticBackups(damaged)) {
      if (isDamaged(backupPath)) continue
      mergeWithModels(database, backupPath)
      return { savedRows, backupPath }
    }
    return { savedRows, backupPath: null }
  } finally {
    removeDatabase(saved)
  }
}

/** The models' folders are still there: unlike in a backup for another machine, their rows come along. */
function mergeWithModels(database: Connection, path: string): void {
  database.prepare<{ path: string }>('ATTACH @path AS models_of').run({ path })
  try {
    database.execute('INSERT OR IGNORE INTO main.models SELECT * FROM models_of.models')
  } finally {
    database.execute('DETACH models_of')
  }
  mergeCopy(database, path, false)
}

function isDamaged(path: string): boolean {
  try {
    const connection = connect(path)
    try {
      // A newer layout is refused later, whatever its state: it is not ours to repair.
      const version = Number(connection.pragma('user_version'))
      if (version > (migrations.at(-1)?.version ?? 0)) return false
      return connection.pragma('quick_check(1)') !== 'ok'
    } finally {
      connection.close()
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'database-damaged') return true
    throw error
  }
}

function moveAway(path: string): string {
  const directory = join(dirname(path), 'quarantine')
  mkdirSync(directory, { recursive: true })
  const time = new Date().toISOString().replaceAll(':', '-')
  const target = join(directory, `${basename(path, '.sqlite')}-${time}.sqlite`)
  for (const end of ['-wal', '-shm', '']) {
    if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${target}${end}`)
  }
  return target
}

function removeDatabase(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${end}`, { force: true })
}
