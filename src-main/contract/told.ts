/** What is told to a person, validated: sentences, and failures that are kept or cross a border. */
import { z } from 'zod'
import { type Sentence, toSentence, type Value } from './sentence.ts'

const failureValue: z.ZodType<Value> = z.lazy(() =>
  z.union([z.string(), z.number(), z.object({ bytes: z.number() }), failureSentence, z.array(failureValue)]),
)
const failureSentence: z.ZodType<Sentence> = z.object({
  pattern: z.string(),
  values: z.array(failureValue),
})
/** What is told but is no failure; what was kept before there were sentences is English. */
export const told = z.union([failureSentence, z.string().transform(toSentence)])
export const failureMessage = z.object({
  code: z.string(),
  message: z.string(),
  sentence: failureSentence.exactOptional(),
})
