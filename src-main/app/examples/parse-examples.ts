/** A file of training examples, in any format that is known: the content tells which. */
import { setImmediate } from 'node:timers/promises'
import type { ParsedExamples, ReadingOptions } from '../services.ts'
import { readCsvTable } from './csv-table.ts'
import { decodeText } from './decode-text.ts'
import { issue } from './import-issue.ts'
import { readJsonDocument } from './json-document.ts'
import { parseJson, readJsonLines } from './json-lines.ts'
import { ParsedCollector } from './parsed-collector.ts'
import { isObject } from './record-result.ts'

export type Format = 'json-lines' | 'json' | 'csv'

/** How long reading goes on before others get a turn. */
const turnMs = 20

/**
 * What can be read of the file, and an issue by line for what can't. The same bytes give the same result.
 * Yields the share that is done between turns of at most some tens of milliseconds; ends early with what there
 * is when the signal is aborted.
 */
export async function* parseExamples(
  fileName: string,
  bytes: Uint8Array,
  { encoding = null, mapping = null }: ReadingOptions = {},
  signal?: AbortSignal,
): AsyncGenerator<number, ParsedExamples> {
  const { text, issues, complete } = decodeText(bytes, encoding)
  const into = new ParsedCollector()
  for (const found of issues) into.report(found)
  if (issues.length === 0 && text.trim() === '') {
    into.report(issue('empty_file', null, 'the file is empty'))
    return into.result()
  }
  const format = detectFormat(fileName, text)
  // A line that can't be read is a hole: only a format of single lines can do without it.
  if (!complete && format !== 'json-lines') return into.result()
  if (format === 'json' && namedJsonLines(fileName) && text.trimStart().startsWith('[')) {
    into.report(issue('json_array_in_jsonl', 1, 'this is one JSON array, not one object a line'))
  }
  let turnEnd = performance.now() + turnMs
  for await (const position of reader(format)) {
    if (performance.now() < turnEnd) continue
    yield Math.min(1, position / text.length)
    await setImmediate()
    if (signal?.aborted === true) break
    turnEnd = performance.now() + turnMs
  }
  return into.result()

  function reader(of: Format): Iterable<number> | AsyncIterable<number> {
    switch (of) {
      case 'json-lines':
        return readJsonLines(text, into)
      case 'json':
        return readJsonDocument(text, into)
      case 'csv':
        return readCsvTable(text, mapping, into)
    }
  }
}

export function detectFormat(fileName: string, text: string): Format {
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
