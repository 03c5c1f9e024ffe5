/** What is said where no screen can say it: why the app does not start, in the system's language. */
import { formatBytes } from '../../contract/format-bytes.ts'
import { toFailureMessage } from '../../contract/failure.ts'
import { say, toSentence } from '../../contract/sentence.ts'
import { failures as german } from '../../../src-renderer/texts/de/failures.ts'

export interface StartFailure {
  readonly title: string
  readonly text: string
}

/** Whether German comes first of the languages that the app speaks, among the system's (BCP 47). */
export function prefersGerman(languages: readonly string[]): boolean {
  const known = languages.find((tag) => /^(en|de)\b/i.test(tag)) ?? 'en'
  return /^de/i.test(known)
}

/**
 * The person's own choice of a language is in the database, which may be what can't be opened.
 *
 * @param languages those of the system (BCP 47, such as `de-AT`), the preferred one first
 */
export function startFailure(error: unknown, languages: readonly string[]): StartFailure {
  const { message, sentence } = toFailureMessage(error)
  if (!prefersGerman(languages)) return { title: 'Veranda can’t start', text: message }
  const text = say(sentence ?? toSentence(message), {
    pattern: (pattern) => german[pattern] ?? pattern,
    number: (value) => String(value).replace('.', ','),
    bytes: (bytes) => formatBytes(bytes).replace('.', ','),
  })
  return { title: 'Veranda kann nicht starten', text }
}
