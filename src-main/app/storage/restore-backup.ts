import { copyFileSync, rmSync } from 'node:fs'
import { backUpAutomatically } from './automatic-backup.ts'
import { readManifest } from './backup-file.ts'
import { connect, type Connection } from './connection.ts'
import { mergeDatabase, type MergeReport } from './merge-database.ts'
import { migrate } from './migrate.ts'
import { storing } from './storage-failure.ts'

/**
 * Merges a backup, or puts it in the place of what is here; a copy of what was here is kept before.
 *
 * Errors: those of `readManifest`, `disk-full`; each leaves what is stored as it was.
 */
export function restoreBackup(connection: Connection, path: string, mode: 'merge' | 'replace'): MergeReport {
  readManifest(path)
  backUpAutomatically(connection)
  return mergeCopy(connection, path, mode === 'replace')
}

/** Merges a database file of this or an older layout, which stays as it is. */
export function mergeCopy(connection: Connection, path: string, replace: boolean): MergeReport {
  const copy = `${connection.path}.restore`
  const remove = (): void => {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${copy}${end}`, { force: true })
  }
  return storing(copy, () => {
    remove()
    try {
      copyFileSync(path, copy)
      const source = connect(copy)
      try {
        migrate(source, undefined, { copyFirst: false })
      } finally {
        source.close()
      }
      return mergeDatabase(connection, copy, replace)
    } finally {
      remove()
    }
  })
}
