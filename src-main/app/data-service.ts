/** All of a person's data at once: backing it up, restoring it, deleting it. */
import { existsSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { ProcedureResult } from '../contract/procedures.ts'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import type { Models } from './models/model-service.ts'
import type { DataService } from './services.ts'
import { storingAsync } from './storage/storage-failure.ts'
import type { Storage } from './storage/storage.ts'

export interface DataOptions {
  readonly storage: Storage
  readonly models: Models
  readonly dataDirectory: string
  /** Whether a run is trained or waits for it. */
  readonly isTraining: () => boolean
}

export interface Data extends DataService {
  state(): ProcedureResult<'data.state'>
}

/** Folders beside the database with copies of what is in it, or parts of it. */
const folders = ['backups', 'quarantine', 'runs', join('cache', 'adapters')]

export function openData({ storage, models, dataDirectory, isTraining }: DataOptions): Data {
  const mustRest = (): void => {
    if (!isTraining()) return
    throw new Failure(
      'run-in-progress',
      'A run is being trained or waits for it. Wait for its end or cancel it, then try again.',
    )
  }
  return {
    state: () => ({ repair: storage.repair }),
    async backUp(path) {
      mustBeAbsolute(path)
      if (existsSync(path)) {
        throw new Failure('file-exists', sentence`There is a file ${path} already. Choose another name.`)
      }
      const { createdAt, rows } = storage.backUp(path)
      return { path, createdAt, rows, sizeBytes: (await stat(path)).size }
    },
    restore(path, mode) {
      mustBeAbsolute(path)
      mustRest()
      return storage.restore(path, mode)
    },
    async deleteEverything() {
      mustRest()
      storage.clear()
      for (const model of models.list()) await models.remove(model.id)
      await storingAsync(dataDirectory, async () => {
        for (const folder of folders) await rm(join(dataDirectory, folder), { recursive: true, force: true })
      })
    },
  }
}

function mustBeAbsolute(path: string): void {
  if (isAbsolute(path)) return
  throw new Failure('path-not-whole', sentence`“${path}” says no folder. Write the whole path of the file.`)
}
