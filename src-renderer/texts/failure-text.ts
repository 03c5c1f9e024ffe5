/** What the host tells of a failure, in the language that is shown. */
import type { FailureMessage } from '../../src-main/contract/failure.ts'
import type { Sentence } from '../../src-main/contract/sentence.ts'
import { sayFailureIn, sayIn } from '../../src-main/texts/failures.ts'
import { shownLanguage } from './language.ts'

export function failureText(failure: FailureMessage): string {
  return sayFailureIn(shownLanguage(), failure)
}

export function sentenceText(text: Sentence): string {
  return sayIn(shownLanguage(), text)
}
