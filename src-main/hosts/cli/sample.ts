import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const description = z.object({
  name: z.string(),
  /** Files of examples beside the description. */
  examples: z.string(),
  heldOut: z.string(),
  questions: z.array(z.string()).min(1),
})

/** A small persona to show personalizing with. */
export interface Sample {
  readonly name: string
  /** What is learned. */
  readonly examplesFile: string
  /** The same facts, asked for in other words; only measured. */
  readonly heldOutFile: string
  readonly questions: readonly string[]
}

/** Reads `workshop.json` of a folder of samples. */
export async function readSample(directory: string): Promise<Sample> {
  const text = await readFile(join(directory, 'workshop.json'), 'utf8')
  const { name, examples, heldOut, questions } = description.parse(JSON.parse(text))
  return {
    name,
    examplesFile: join(directory, examples),
    heldOutFile: join(directory, heldOut),
    questions,
  }
}
