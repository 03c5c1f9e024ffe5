/** One instance a data folder: a lock that ends with the process that holds it, however it ends. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { toStorageFailure } from './storage-failure.ts'

export interface FolderLock {
  release(): void
}

/** Takes the folder for this process. Errors: `data-folder-in-use`, `data-folder-read-only`. */
export function lockFolder(directory: string): FolderLock {
  const path = join(directory, 'lock.sqlite')
  let database: Database.Database | undefined
  try {
    database = new Database(path, { timeout: 0 })
    // SQLite locks the file through the system, which drops the lock when the process dies; no stale lock file.
    database.exec('BEGIN EXCLUSIVE')
    const held = database
    return { release: () => void held.close() }
  } catch (error) {
    database?.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new Failure(
        'data-folder-in-use',
        sentence`Another Veranda is using the data folder ${directory}. Close it first, or choose another folder with --data-dir.`,
        { cause: error },
      )
    }
    throw toStorageFailure(error, directory)
  }
}
