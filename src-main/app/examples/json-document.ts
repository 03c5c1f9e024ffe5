/** A JSON file: a list of examples, one example, or an object with the list under a key. */
import type { ImportIssue } from '../../contract/entities.ts'
import type { ParsedExample, ParsedExamples } from '../services.ts'
import { issue } from './import-issue.ts'
import { isObject } from './record-result.ts'
import { readRecord } from './record.ts'

/** The keys under which public data sets keep their list. */
const listKeys = ['data', 'examples', 'train']

export function parseJsonDocument(text: string): ParsedExamples {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const line = errorLine(error, text)
    return { examples: [], issues: [issue('invalid_json', line, `line ${line}: the file is not valid JSON`)] }
  }
  const key = isObject(value)
    ? listKeys.find((name) => isObject(value) && Array.isArray(value[name]))
    : undefined
  const list: unknown = key !== undefined && isObject(value) ? value[key] : value
  if (!Array.isArray(list)) return collect([list], [lineAt(text, text.search(/\S/))])
  return collect(list, key === undefined ? elementLines(text) : [])
}

function collect(values: readonly unknown[], lines: readonly number[]): ParsedExamples {
  const examples: ParsedExample[] = []
  const issues: ImportIssue[] = []
  for (const [index, value] of values.entries()) {
    const line = lines[index] ?? 1
    const read = readRecord(value, line)
    if (read.messages === undefined) issues.push(read.issue)
    else examples.push({ messages: read.messages, line })
  }
  return { examples, issues }
}

/** The line each element of a (valid) JSON array begins on. */
function elementLines(text: string): number[] {
  const lines: number[] = []
  let line = 1
  let depth = 0
  let inString = false
  let expectsElement = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '\n') line++
    if (inString) {
      if (character === '\\') at++
      else if (character === '"') inString = false
      continue
    }
    if (expectsElement && character !== undefined && !/[\s\]]/.test(character)) {
      lines.push(line)
      expectsElement = false
    }
    if (character === '"') inString = true
    else if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') depth--
    // The outermost list has just begun, or one of its elements has ended.
    if ((depth === 1 && character === ',') || (lines.length === 0 && depth === 1 && character === '[')) {
      expectsElement = true
    }
  }
  return lines
}

function lineAt(text: string, position: number): number {
  return text.slice(0, Math.max(0, position)).split('\n').length
}

/** V8 says where JSON is broken, except at its end. */
function errorLine(error: unknown, text: string): number {
  const found = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined
  return lineAt(text, found === undefined ? text.trimEnd().length : Number(found))
}
