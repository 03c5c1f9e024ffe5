/** A file of training examples, in any format that is known: the content tells which. */
import type { ImportIssue } from '../../contract/entities.ts'
import type { ParsedExamples } from '../services.ts'
import { parseCsvTable } from './csv-table.ts'
import { decodeText } from './decode-text.ts'
import { issue } from './import-issue.ts'
import { parseJsonDocument } from './json-document.ts'
import { parseJson, parseJsonLines } from './json-lines.ts'
import { isObject } from './record-result.ts'

/** More than this many issues say no more than the first ones: the file is something else. */
const maxIssues = 200

type Format = 'json-lines' | 'json' | 'csv'

/** What can be read of the file, and an issue by line for what can't. Pure: the same bytes give the same result. */
export function parseExamples(fileName: string, bytes: Uint8Array): ParsedExamples {
  const { text, issues, complete } = decodeText(bytes)
  if (issues.length === 0 && text.trim() === '') {
    return { examples: [], issues: [issue('empty_file', null, 'the file is empty')] }
  }
  const format = detectFormat(fileName, text)
  // A line that can't be read is a hole: only a format of single lines can do without it.
  if (!complete && format !== 'json-lines') return { examples: [], issues: limit(issues) }
  const parsed = parseFormat(fileName, format, text)
  return { examples: parsed.examples, issues: limit([...issues, ...parsed.issues]) }
}

function parseFormat(fileName: string, format: Format, text: string): ParsedExamples {
  switch (format) {
    case 'json-lines':
      return parseJsonLines(text)
    case 'csv':
      return parseCsvTable(text)
    case 'json': {
      const parsed = parseJsonDocument(text)
      if (!namedJsonLines(fileName) || !text.trimStart().startsWith('[')) return parsed
      const warning = issue('json_array_in_jsonl', 1, 'this is one JSON array, not one object a line')
      return { examples: parsed.examples, issues: [warning, ...parsed.issues] }
    }
  }
}

function detectFormat(fileName: string, text: string): Format {
  const start = text.trimStart()
  if (start.startsWith('[')) return 'json'
  if (start.startsWith('{')) {
    const firstLine = start.slice(0, start.search(/\n|$/))
    if (isObject(parseJson(firstLine))) return 'json-lines'
    return isObject(parseJson(text)) || /\.json$/i.test(fileName) ? 'json' : 'json-lines'
  }
  if (namedJsonLines(fileName)) return 'json-lines'
  return /\.json$/i.test(fileName) ? 'json' : 'csv'
}

function namedJsonLines(fileName: string): boolean {
  return /\.(jsonl|ndjson)$/i.test(fileName)
}

function limit(issues: readonly ImportIssue[]): ImportIssue[] {
  if (issues.length <= maxIssues) return [...issues]
  const left = issues.length - maxIssues
  return [...issues.slice(0, maxIssues), issue('more_issues', null, `and ${left} more lines with problems`)]
}
