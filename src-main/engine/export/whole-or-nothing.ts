import { accessSync, constants, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Failure } from '../../contract/failure.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'
import { explainDiskFull } from '../disk-full.ts'

/**
 * Lets `write` fill a path beside the wanted one, which takes that name when all is done; on an error or a cancel
 * nothing of it stays.
 *
 * @param what could not be done, for the text of an error
 * @throws Failure `file-exists` where something is already, `folder-missing` or `folder-not-writable` where nothing
 *   can be
 */
export async function* wholeOrNothing<Event, Result>(
  path: string,
  what: Sentence,
  write: (unfinished: string) => AsyncGenerator<Event, Result>,
): AsyncGenerator<Event, Result> {
  refuseExisting(path)
  checkFolder(dirname(path))
  const unfinished = `${path}.part`
  rmSync(unfinished, { recursive: true, force: true })
  try {
    const result = yield* write(unfinished)
    refuseExisting(path)
    renameSync(unfinished, path)
    return result
  } catch (error) {
    throw explainDiskFull(error, what)
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}

/** Lets messages in, and leaves if one of them cancelled. */
export async function goOn(signal: AbortSignal): Promise<void> {
  await nextTurn()
  if (signal.aborted) throw new Failure('cancelled', 'The export was cancelled; nothing was kept.')
}

function refuseExisting(path: string): void {
  if (!existsSync(path)) return
  throw new Failure('file-exists', sentence`There is a file or folder ${path} already. Choose another name.`)
}

function checkFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Failure(
      'folder-missing',
      sentence`There is no folder ${folder}. Make it, or choose another one.`,
    )
  }
  try {
    accessSync(folder, constants.W_OK)
  } catch (cause) {
    throw new Failure(
      'folder-not-writable',
      sentence`Nothing can be written to the folder ${folder}. Change its permissions or choose another one.`,
      { cause },
    )
  }
}
