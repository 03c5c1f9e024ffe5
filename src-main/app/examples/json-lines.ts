/** JSONL: one JSON object a line. */
import type { ImportIssue } from '../../contract/entities.ts'
import type { ParsedExample, ParsedExamples } from '../services.ts'
import { issue } from './import-issue.ts'
import { readRecord } from './record.ts'

/** Lines that are not an example are skipped, each with an issue; blank lines without one. */
export function parseJsonLines(text: string): ParsedExamples {
  const examples: ParsedExample[] = []
  const issues: ImportIssue[] = []
  for (const [index, content] of text.split('\n').entries()) {
    if (content.trim() === '') continue
    const line = index + 1
    const value = parseJson(content)
    if (value === undefined) {
      issues.push(issue('invalid_json', line, `line ${line} is not valid JSON`))
      continue
    }
    const read = readRecord(value, line)
    if (read.messages === undefined) issues.push(read.issue)
    else examples.push({ messages: read.messages, line })
  }
  return { examples, issues }
}

/** The parsed text, or undefined (which JSON can't hold) where it isn't JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
