/** What the host tells of a failure, in the language that is shown. */
import type { FailureMessage } from '../../src-main/contract/failure.ts'
import { say, type Sentence, toSentence } from '../../src-main/contract/sentence.ts'
import { formatBytes, formatExactly } from '../ui/format.ts'
import { failures as german } from './de/failures.ts'
import { shownLanguage, type Language } from './language.ts'

/** By the pattern of the English sentence, which is written where the failure is thrown. */
export const failures: Readonly<Record<Language, Readonly<Record<string, string>>>> = { en: {}, de: german }

/** What has no words in the language (a bug, what another program said) stays in English. */
export function failureText({ message, sentence }: FailureMessage): string {
  return sentenceText(sentence ?? toSentence(message))
}

export function sentenceText(text: Sentence): string {
  const known = failures[shownLanguage()]
  return say(text, {
    pattern: (pattern) => known[pattern] ?? pattern,
    number: formatExactly,
    bytes: formatBytes,
  })
}
