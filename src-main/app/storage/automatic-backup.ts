/** Copies that are made without being asked for, in the folder `backups` beside the database; a few are kept. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Connection } from './connection.ts'
import { storing } from './storage-failure.ts'

/** The newest ones; more would be a second archive that nobody asked for. */
const mostKept = 5

/** A consistent copy, complete or not there at all; returns its path. */
export function backUpAutomatically(connection: Connection): string {
  const directory = backupFolder(connection.path)
  const layout = Number(connection.pragma('user_version'))
  const time = new Date().toISOString().replaceAll(':', '-')
  const target = join(directory, `${basename(connection.path, '.sqlite')}-layout-${layout}-${time}.sqlite`)
  storing(directory, () => {
    mkdirSync(directory, { recursive: true })
    copyDatabase(connection, target)
    for (const old of automaticBackups(connection.path).slice(mostKept)) rmSync(old, { force: true })
  })
  return target
}

/** Writes the database as it is now to a new file, under its name only once it is whole. */
export function copyDatabase(connection: Connection, target: string): void {
  const unfinished = `${target}.part`
  rmSync(unfinished, { force: true })
  connection.prepare<{ path: string }>('VACUUM INTO @path').run({ path: unfinished })
  renameSync(unfinished, target)
}

/** The paths of the copies of a database, newest first. */
export function automaticBackups(path: string): string[] {
  const directory = backupFolder(path)
  if (!existsSync(directory)) return []
  const time = (name: string): string => name.replace(/^.*-layout-\d+-/, '')
  return readdirSync(directory)
    .filter((name) => name.startsWith(`${basename(path, '.sqlite')}-layout-`) && name.endsWith('.sqlite'))
    .toSorted((a, b) => time(b).localeCompare(time(a)))
    .map((name) => join(directory, name))
}

function backupFolder(path: string): string {
  return join(dirname(path), 'backups')
}
