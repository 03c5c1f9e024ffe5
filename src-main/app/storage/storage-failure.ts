/** What SQLite and the file system report, as failures a person can read. */
import Database from 'better-sqlite3'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'

/** A Failure for what went wrong at `place` (a file or folder); an error that is none of the storage's own is returned as it is. */
export function toStorageFailure(error: unknown, place: string): unknown {
  if (error instanceof Failure) return error
  const code = errorCode(error)
  return (code === undefined ? undefined : describe(code, place, error)) ?? error
}

/** Runs the work and rethrows what it throws as a Failure about `place`. */
export function storing<T>(place: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw toStorageFailure(error, place)
  }
}

/** The same for asynchronous work. */
export async function storingAsync<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw toStorageFailure(error, place)
  }
}

function errorCode(error: unknown): string | undefined {
  if (error instanceof Database.SqliteError) return error.code
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return undefined
}

function describe(code: string, place: string, cause: unknown): Failure | undefined {
  switch (code) {
    case 'SQLITE_FULL':
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure(
        'disk-full',
        sentence`The disk is full: nothing could be written to ${place}. What was saved before is safe; free some space and try again.`,
        { cause },
      )
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return readOnly(place, cause)
    case 'ENOTDIR':
    case 'EEXIST':
      return new Failure(
        'data-folder-unusable',
        sentence`${place} is not a folder. Choose another data folder.`,
        { cause },
      )
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN')) return readOnly(place, cause)
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new Failure(
      'database-damaged',
      sentence`The database ${place} is damaged and was left as it is. Put a copy from the folder “backups” beside it in its place, or move the file away to start anew.`,
      { cause },
    )
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new Failure(
      'disk-error',
      sentence`The disk reported an error at ${place} (${code}). What was saved before is kept; check that the disk is connected and not full.`,
      { cause },
    )
  }
  return undefined
}

function readOnly(place: string, cause: unknown): Failure {
  return new Failure(
    'data-folder-read-only',
    sentence`${place} can't be written to. Change its permissions or choose another data folder.`,
    { cause },
  )
}
