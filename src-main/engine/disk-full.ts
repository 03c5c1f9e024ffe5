import { Failure } from '../contract/failure.ts'
import { sentence, type Sentence } from '../contract/sentence.ts'

/** An error of writing a file: where the disk is full, as a Failure that says what could not be done; else itself. */
export function explainDiskFull(error: unknown, what: Sentence): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) return error
  return new Failure('disk-full', sentence`The disk is full: ${what}. Free some space and try again.`, {
    cause: error,
  })
}
