/**
 * A failure a person can read: what happened, to what, and what to do about it.
 *
 * `code` is for programs (stable, kebab-case), `message` for people who read English and for logs, `text` for the
 * screens, which say it in their language; `cause` is for the log.
 */
import { inEnglish, type Sentence, toSentence } from './sentence.ts'

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: string
  readonly text: Sentence

  constructor(code: string, text: string | Sentence, options?: { cause?: unknown }) {
    const whole = toSentence(text)
    super(inEnglish(whole), options)
    this.code = code
    this.text = whole
  }
}

/** The plain form in which a failure crosses a process or network border, or is kept. */
export interface FailureMessage {
  readonly code: string
  /** The whole text in English. */
  readonly message: string
  /** The same for other languages, where the message has gaps that were filled. */
  readonly sentence?: Sentence
}

/** Anything that was thrown, as a message: an unexpected error keeps its own text under the code `internal`. */
export function toFailureMessage(error: unknown): FailureMessage {
  return error instanceof Failure
    ? failureMessage(error.code, error.text)
    : { code: 'internal', message: messageOf(error) }
}

/** The message of what is told but never thrown. */
export function failureMessage(code: string, text: string | Sentence): FailureMessage {
  if (typeof text === 'string') return { code, message: text }
  const message = inEnglish(text)
  return text.values.length === 0 ? { code, message } : { code, message, sentence: text }
}

export function fromFailureMessage({ code, message, sentence }: FailureMessage): Failure {
  return new Failure(code, sentence ?? message)
}

/** What a caught value says to a person. */
export function textOf(error: unknown): Sentence {
  return error instanceof Failure ? error.text : toSentence(messageOf(error))
}

/** What a caught value says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
