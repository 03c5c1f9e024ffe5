/** Model files that came with the program, or that somebody put beside it: they need no network. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CatalogueModel } from './catalogue.ts'
import { hashFile } from './file-hash.ts'

/** The path of the model's own file in the first of the folders that has it; null where none has. */
export async function findBeside(
  { file }: CatalogueModel,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, file.name)
    const isThere = await stat(path).then(
      (found) => found.isFile() && found.size === file.sizeBytes,
      () => false,
    )
    // Another file under its name is no failure: the model is downloaded as ever.
    if (isThere && (await hashFile(path, signal)) === file.sha256) return path
  }
  return null
}
