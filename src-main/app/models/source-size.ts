import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'

/** The bytes of a GGUF file, or of the files of a Hugging Face folder; `file-not-found` if there is neither. */
export async function sourceBytes(path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw new Failure('file-not-found', sentence`There is no file or folder ${path}.`, { cause: error })
  })
  if (!found.isDirectory()) return found.size
  let total = 0
  for (const entry of await readdir(path, { withFileTypes: true })) {
    // A folder of the hub's cache holds links to the files.
    if (!entry.isDirectory()) total += (await stat(join(path, entry.name))).size
  }
  return total
}
