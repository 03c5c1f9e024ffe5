/** What is told of failures and of work that was done, in the languages that are known. */
import type { FailureMessage } from '../contract/failure.ts'
import { say, type Sentence, toSentence } from '../contract/sentence.ts'
import { failures as german } from './de/failures.ts'
import type { Language } from './language.ts'
import { exactly, size } from './number-format.ts'

/** By the pattern of the English sentence, which is written where the failure is thrown. */
export const failures: Readonly<Record<Language, Readonly<Record<string, string>>>> = { en: {}, de: german }

/** What has no words in the language (a bug, what another program said) stays in English. */
export function sayIn(language: Language, text: Sentence): string {
  const known = failures[language]
  return say(text, {
    pattern: (pattern) => known[pattern] ?? pattern,
    number: (value) => exactly(language, value),
    bytes: (bytes) => size(language, bytes),
  })
}

export function sayFailureIn(language: Language, { message, sentence }: FailureMessage): string {
  return sayIn(language, sentence ?? toSentence(message))
}
