/** What SQLite and the file system report, as failures a person can read. */
import Database from 'better-sqlite3'
import { Failure } from '../../contract/failure.ts'

/** A Failure for what went wrong at `place` (a file or folder); an error that is none of the storage's own is returned as it is. */
export function toStorageFailure(error: unknown, place: string): unknown {
  if (error instanceof Failure) return error
  const code = errorCode(error)
  const failure = code === undefined ? undefined : describe(code, place)
  return failure === undefined ? error : new Failure(failure.code, failure.message, { cause: error })
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

function describe(code: string, place: string): { code: string; message: string } | undefined {
  switch (code) {
    case 'SQLITE_FULL':
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        code: 'disk-full',
        message: `The disk is full: nothing could be written to ${place}. What was saved before is safe; free some space and try again.`,
      }
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return readOnly(place)
    case 'ENOTDIR':
    case 'EEXIST':
      return {
        code: 'data-folder-unusable',
        message: `${place} is not a folder. Choose another data folder.`,
      }
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN')) return readOnly(place)
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return {
      code: 'database-damaged',
      message: `The database ${place} is damaged and was left as it is. Put a copy from the folder “backups” beside it in its place, or move the file away to start anew.`,
    }
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return {
      code: 'disk-error',
      message: `The disk reported an error at ${place} (${code}). What was saved before is kept; check that the disk is connected and not full.`,
    }
  }
  return undefined
}

function readOnly(place: string): { code: string; message: string } {
  return {
    code: 'data-folder-read-only',
    message: `${place} can't be written to. Change its permissions or choose another data folder.`,
  }
}
