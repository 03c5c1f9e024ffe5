/** JSONL: one JSON object a line. */
import { sentence } from '../../contract/sentence.ts'
import { issue } from './import-issue.ts'
import type { ParsedCollector } from './parsed-collector.ts'
import { readRecord } from './record.ts'

/** Lines that are not an example are skipped, each with an issue; blank lines without one. Yields the position reached. */
export function* readJsonLines(text: string, into: ParsedCollector): Generator<number, void> {
  let line = 0
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start)
    const end = found === -1 ? text.length : found
    const content = text.slice(start, end)
    line++
    start = end + 1
    if (content.trim() === '') continue
    const value = parseJson(content)
    if (value === undefined)
      into.report(issue('invalid_json', line, sentence`line ${line} is not valid JSON`))
    else into.add(readRecord(value, line), line)
    yield start
  }
}

/** The parsed text, or undefined (which JSON can't hold) where it isn't JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
