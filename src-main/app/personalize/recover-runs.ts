/** What an app that was closed or killed in the middle of its runs finds at the next start. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Storage } from '../storage/storage.ts'

/**
 * Runs that were going on or waiting become `interrupted`: they go on when the person says so, not because
 * an app was opened. Folders of runs that have ended are removed.
 */
export async function recoverRuns(storage: Storage, dataDirectory: string): Promise<void> {
  const resumable = new Set<string>()
  for (const run of storage.runs.list()) {
    const wasCut = run.status === 'running' || run.status === 'queued'
    if (wasCut) storage.runs.update({ ...run, status: 'interrupted', remainingMs: null })
    if (wasCut || run.status === 'interrupted' || run.status === 'failed') resumable.add(run.id)
  }
  const directory = join(dataDirectory, 'runs')
  const folders = await readdir(directory).catch(() => [])
  for (const folder of folders) {
    if (!resumable.has(folder)) await rm(join(directory, folder), { recursive: true, force: true })
  }
}
