/** Adapters live in the database; the engine reads files. Here the one becomes the other. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Adapter, Model } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { AdapterReference } from '../../engine/contract.ts'
import { storingAsync } from '../storage/storage-failure.ts'
import type { Storage } from '../storage/storage.ts'

export interface AdapterFiles {
  /** The adapter as the engine takes it; fails with `adapter-needs-model` on another base model. */
  reference(adapter: Adapter, strength: number, model: Model): Promise<AdapterReference>
  /** Removes the files; they are written again when needed. What was deleted must not stay on the disk. */
  clear(): Promise<void>
}

/** Everything in it can be made again, and is removed when the app is started. */
export function adapterFilesDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'cache', 'adapters')
}

export function adapterFiles(storage: Storage, dataDirectory: string): AdapterFiles {
  const directory = adapterFilesDirectory(dataDirectory)

  async function write(path: string, bytes: Uint8Array): Promise<void> {
    await mkdir(directory, { recursive: true })
    // A name of its own: two who need the adapter at once each write it, and either is right.
    const unfinished = `${path}.${randomUUID()}.part`
    await using file = await open(unfinished, 'w')
    await file.writeFile(bytes)
    await file.sync()
    await rename(unfinished, path)
  }

  return {
    async reference(adapter, strength, model) {
      const stored = storage.adapters.file(adapter.id)
      if (stored === undefined) {
        throw new Failure('adapter-not-found', sentence`The assistant “${adapter.name}” is no longer there.`)
      }
      if (adapter.modelHash !== model.sourceHash) {
        throw new Failure(
          'adapter-needs-model',
          sentence`The assistant “${adapter.name}” was trained on “${stored.modelName}” and can't be used with “${model.name}”. Choose that model, or download it again.`,
        )
      }
      // Named by content: a file that is there is the right one.
      const path = join(directory, `${stored.fileHash}.safetensors`)
      await storingAsync(directory, async () => {
        if (!(await isThere(path, stored.file.length))) await write(path, stored.file)
      })
      return { path, strength }
    },
    clear: () => rm(directory, { recursive: true, force: true }),
  }
}

async function isThere(path: string, sizeBytes: number): Promise<boolean> {
  return stat(path).then(
    (found) => found.size === sizeBytes,
    () => false,
  )
}
