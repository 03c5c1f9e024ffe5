import type { ImportIssue } from '../../contract/entities.ts'
import { failureMessage } from '../../contract/failure.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'

/** Something of an imported file that a person should know: what was left out and why, by line. */
export function issue(
  code: string,
  line: number | null,
  text: string | Sentence,
  field: string | null = null,
): ImportIssue {
  return { ...failureMessage(code, text), line, field }
}

/** What a JSON value is, in words. */
export function describeType(value: unknown): Sentence {
  if (value === null) return sentence`nothing (null)`
  if (Array.isArray(value)) return sentence`a list`
  switch (typeof value) {
    case 'string':
      return sentence`text`
    case 'number':
      return sentence`a number`
    case 'boolean':
      return sentence`true or false`
    default:
      return sentence`an object`
  }
}
