/** The person's choices for the whole app. */
import { z } from 'zod'
import { sampling } from './entities.ts'

export const settings = z.object({
  sampling,
  theme: z.enum(['system', 'light', 'dark']),
  language: z.enum(['system', 'en', 'de']),
  /** Where to look for newer versions of Veranda; off asks nobody. */
  updates: z.enum(['off', 'stable', 'beta']),
  /** What is written for a conversation that isn't begun. */
  draft: z.string().max(1_000_000),
  /** Answers with activations in 8 bits, where the processor has the instructions. */
  fast: z.boolean(),
  /** What the memory of earlier turns may take; null is by the machine's memory. */
  cacheMegabytes: z.number().int().min(0).max(1_000_000).nullable(),
})
