/** General questions that come with the app. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { type KeyedQuestion, keyedQuestion } from './keyed-question.ts'

/** Those that are learned along: see the setting `replay`. */
export async function readReplayQuestions(resourcesDirectory: string): Promise<readonly string[]> {
  return await read(join(resourcesDirectory, 'replay-questions.json'), z.array(z.string().min(1)))
}

/** Others, which are never learned: what a verdict asks to see what was forgotten. */
export async function readGeneralQuestions(resourcesDirectory: string): Promise<readonly KeyedQuestion[]> {
  return await read(join(resourcesDirectory, 'general-questions.json'), z.array(keyedQuestion))
}

async function read<T>(path: string, type: z.ZodType<T>): Promise<T> {
  try {
    return type.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw new Failure(
      'questions-unreadable',
      sentence`The general questions in ${path} can't be read. Install Veranda again.`,
      { cause: error },
    )
  }
}
