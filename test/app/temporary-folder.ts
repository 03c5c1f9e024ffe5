import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new folder that is removed when the running test ends. */
export function temporaryFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'veranda-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
