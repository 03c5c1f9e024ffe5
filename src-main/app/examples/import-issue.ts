import type { ImportIssue } from '../../contract/entities.ts'

/** Something of an imported file that a person should know: what was left out and why, by line. */
export function issue(
  code: string,
  line: number | null,
  message: string,
  field: string | null = null,
): ImportIssue {
  return { code, line, field, message }
}

/** What a JSON value is, in words. */
export function describeType(value: unknown): string {
  if (value === null) return 'nothing (null)'
  if (Array.isArray(value)) return 'a list'
  switch (typeof value) {
    case 'string':
      return 'text'
    case 'number':
      return 'a number'
    case 'boolean':
      return 'true or false'
    default:
      return 'an object'
  }
}
