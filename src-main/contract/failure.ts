/**
 * A failure a person can read: what happened, to what, and what to do about it.
 *
 * `code` is for programs (stable, kebab-case), `message` for people, `cause` for the log.
 * This file imports nothing, so that every layer may throw the same kind of error.
 */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: string

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** The plain form in which a failure crosses a process or network border. */
export interface FailureMessage {
  readonly code: string
  readonly message: string
}

/** Anything that was thrown, as a message: an unexpected error keeps its own text under the code `internal`. */
export function toFailureMessage(error: unknown): FailureMessage {
  if (error instanceof Failure) return { code: error.code, message: error.message }
  return { code: 'internal', message: messageOf(error) }
}

/** What a caught value says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
