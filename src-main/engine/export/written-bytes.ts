import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The size of a file, or of all files of a folder. */
export function writtenBytes(path: string): number {
  const found = statSync(path)
  if (!found.isDirectory()) return found.size
  return readdirSync(path).reduce((sum, name) => sum + writtenBytes(join(path, name)), 0)
}
