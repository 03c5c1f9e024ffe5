/** A JSON file: a list of examples, one example, or an object with the list under a key. */
import { sentence } from '../../contract/sentence.ts'
import { issue } from './import-issue.ts'
import { parseJson } from './json-lines.ts'
import type { ParsedCollector } from './parsed-collector.ts'
import { isObject } from './record-result.ts'
import { readRecord } from './record.ts'

/** The keys under which public data sets keep their list. */
const listKeys = ['data', 'examples', 'train']

/** Each element of the list by itself, so that one that is broken costs no other. Yields the position reached. */
export function* readJsonDocument(text: string, into: ParsedCollector): Generator<number, void> {
  const start = text.search(/\S/)
  if (text[start] === '[') return yield* readList(text, start, into)
  const value = parseJson(text)
  if (value === undefined) return into.report(invalidJson(text, 1))
  const key = isObject(value) ? listKeys.find((name) => Array.isArray(value[name])) : undefined
  if (key === undefined || !isObject(value)) {
    const line = lineAt(text, start)
    return into.add(readRecord(value, line), line)
  }
  // Other keys may come first, with lists of their own; the line of an element is not told here.
  for (const element of value[key] as readonly unknown[]) {
    into.add(readRecord(element, 1), 1)
    yield text.length
  }
}

function* readList(text: string, start: number, into: ParsedCollector): Generator<number, void> {
  const textEnd = text.trimEnd().length
  let line = lineAt(text, start)
  let at = start + 1
  for (;;) {
    for (; at < text.length && /[\s,]/.test(text[at] ?? ''); at++) if (text[at] === '\n') line++
    if (text[at] === ']') break
    if (at >= text.length) return into.report(invalidJson(text, line, line))
    const end = Math.min(textEnd, elementEnd(text, at))
    const element = text.slice(at, end)
    const value = parseJson(element)
    if (value === undefined) {
      into.report(invalidJson(element, line))
      if (end >= textEnd) return
    } else into.add(readRecord(value, line), line)
    line += element.split('\n').length - 1
    at = end
    yield at
  }
  const rest = text.slice(at + 1)
  const restLine = line + rest.slice(0, Math.max(0, rest.search(/\S/))).split('\n').length - 1
  if (rest.trim() !== '') into.report(invalidJson('', restLine, restLine))
}

/** Where the element that begins at `at` ends: at its closing bracket, or before a comma or bracket of the list. */
function elementEnd(text: string, at: number): number {
  let depth = 0
  let inString = false
  for (let here = at; here < text.length; here++) {
    const character = text[here]
    if (inString) {
      if (character === '\\') here++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') {
      if (depth === 0) return here
      depth--
    } else if (character === ',' && depth === 0) return here
  }
  return text.length
}

/** `text` begins on `line`; V8 says where JSON is broken, except at its end. */
function invalidJson(text: string, line: number, at = line + errorLine(text) - 1) {
  return issue('invalid_json', at, sentence`line ${at}: the file is not valid JSON`)
}

function errorLine(text: string): number {
  try {
    JSON.parse(text)
  } catch (error) {
    const found = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined
    return lineAt(text, found === undefined ? text.trimEnd().length : Number(found))
  }
  return 1
}

function lineAt(text: string, position: number): number {
  return text.slice(0, Math.max(0, position)).split('\n').length
}
