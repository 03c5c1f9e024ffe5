import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'

/** The fixed text of `resources/passage.txt`, on which models are measured: how Lewis Carroll's Alice (1865) begins. */
export async function readPassage(resourcesDirectory: string): Promise<string> {
  const path = join(resourcesDirectory, 'passage.txt')
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new Failure(
      'passage-unreadable',
      sentence`The text ${path}, on which models are measured, can't be read. Install Veranda again.`,
      { cause },
    )
  }
}
