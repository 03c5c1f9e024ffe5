/** What is said where no screen can say it: why the app does not start, in the system's language. */
import { toFailureMessage } from '../../contract/failure.ts'
import { desktopTexts } from '../../texts/desktop.ts'
import { sayFailureIn } from '../../texts/failures.ts'
import { languageOf } from '../../texts/language.ts'

export interface StartFailure {
  readonly title: string
  readonly text: string
}

/**
 * The person's own choice of a language is in the database, which may be what can't be opened.
 *
 * @param wanted the system's languages (BCP 47, such as `de-AT`), the preferred one first
 */
export function startFailure(error: unknown, wanted: readonly string[]): StartFailure {
  const language = languageOf(wanted)
  return {
    title: desktopTexts[language].cannotStart,
    text: sayFailureIn(language, toFailureMessage(error)),
  }
}
