import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Failure } from '../../contract/failure.ts'

/** The general questions of `resources/replay-questions.json`: see the setting `replay`. */
export async function readReplayQuestions(resourcesDirectory: string): Promise<readonly string[]> {
  const path = join(resourcesDirectory, 'replay-questions.json')
  try {
    return z.array(z.string().min(1)).parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw new Failure(
      'replay-questions-unreadable',
      `The general questions in ${path} can't be read. Install Veranda again.`,
      { cause: error },
    )
  }
}
