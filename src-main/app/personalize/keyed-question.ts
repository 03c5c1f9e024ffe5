/** Questions whose right answers are known by their words. */
import { z } from 'zod'

export const keyedQuestion = z.object({
  question: z.string().min(1),
  /** Each must be in the answer, whole words in any case; “|” stands between words of which one is enough. */
  keys: z.array(z.string().min(1)).min(1),
})
export type KeyedQuestion = z.infer<typeof keyedQuestion>

export function holdsKeys(answer: string, { keys }: KeyedQuestion): boolean {
  const said = ` ${wordsOf(answer).join(' ')} `
  return keys.every((key) => key.split('|').some((choice) => said.includes(` ${wordsOf(choice).join(' ')} `)))
}

/** In lower case, without what stands between them. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}
