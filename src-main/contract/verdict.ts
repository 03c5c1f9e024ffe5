/** Whether a run helped. */
import { z } from 'zod'

/** The same question, answered by the model alone and with what it learned. */
export const verdictPair = z.object({
  kind: z.enum(['heldOut', 'probe', 'general']),
  question: z.string(),
  /** What the held-out example says; null where there is no example. */
  expected: z.string().nullable(),
  /** null until it is answered. */
  base: z.string().nullable(),
  taught: z.string().nullable(),
  /** Of general questions: whether the answer is a right one. */
  baseRight: z.boolean().nullable(),
  taughtRight: z.boolean().nullable(),
  /** What the person preferred, not knowing which was which; null until they chose. */
  preferred: z.enum(['base', 'taught', 'neither']).nullable(),
})
export type VerdictPair = z.infer<typeof verdictPair>

/** Whether a run helped, as far as it was asked. */
export const verdict = z.object({
  pairs: z.array(verdictPair),
  /** How likely the model's own answers to general questions were and are: what it forgot. */
  general: z.object({ lossBefore: z.number(), lossAfter: z.number() }).nullable(),
  /** Whether everything was asked. */
  isComplete: z.boolean(),
  /** Whether the person decided to keep the assistant. */
  isKept: z.boolean(),
})
export type Verdict = z.infer<typeof verdict>
