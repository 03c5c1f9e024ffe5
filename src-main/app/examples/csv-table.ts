/** CSV with a header row, whose columns are known by name or mapped by the person. */
import { CsvError, parse } from 'csv-parse'
import type { ColumnMapping, ImportIssue } from '../../contract/entities.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'
import { isUsable, mappingByName } from './csv-mapping.ts'
import { issue } from './import-issue.ts'
import { parseJson } from './json-lines.ts'
import type { ParsedCollector } from './parsed-collector.ts'
import type { RecordResult } from './record-result.ts'
import { readPair, readRecord, readTags } from './record.ts'

/** Spreadsheets of many languages separate by semicolons, since their decimals have commas. */
const separators = [',', ';', '\t'] as const
const chunkBytes = 64 * 1024
const lineFeed = 0x0a
const carriageReturn = 0x0d

/** The names of the columns, as the header row has them. */
export function csvColumns(text: string): string[] {
  return splitHeader(headerOf(text), separatorOf(text))
}

/**
 * Reads the rows with the mapping, or by the columns' proper names. Yields the position reached, in bytes.
 *
 * Line numbers come from byte offsets: csv-parse counts a quoted CR LF as two lines.
 */
export async function* readCsvTable(
  text: string,
  mapping: ColumnMapping | null,
  into: ParsedCollector,
): AsyncGenerator<number, void> {
  const columns = csvColumns(text)
  const used = mapping ?? mappingByName(columns)
  if (!isUsable(used)) return into.report(columnIssue(text, mapping !== null))

  const bytes = Buffer.from(text)
  let start = 0
  let line = 1
  let header = true
  // Blank lines are no rows; the next one begins after them.
  const skipBlankLines = (): void => {
    for (; bytes[start] === lineFeed || bytes[start] === carriageReturn; start++)
      if (bytes[start] === lineFeed) line++
  }
  const parser = parse({
    delimiter: separatorOf(text),
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    on_record: (cells: string[], context) => {
      skipBlankLines()
      if (!header) into.add(readRow(cells, columns.length, used, line), line)
      header = false
      for (; start < context.bytes; start++) if (bytes[start] === lineFeed) line++
      return null
    },
  })
  parser.resume()
  try {
    const failed = new Promise<never>((_, reject) => parser.once('error', reject))
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const chunk = bytes.subarray(at, at + chunkBytes)
      await Promise.race([failed, new Promise<void>((resolve) => parser.write(chunk, () => resolve()))])
      yield at + chunk.length
    }
    await Promise.race([
      failed,
      new Promise<void>((resolve) => {
        parser.once('end', resolve)
        parser.end()
      }),
    ])
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    skipBlankLines()
    into.report(rowIssue(error, bytes.toString('utf8', start), line))
  }
}

function headerOf(text: string): string {
  return text.slice(0, text.search(/\r?\n|$/))
}

function splitHeader(header: string, separator: string): string[] {
  return header.split(separator).map((cell) =>
    cell
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim(),
  )
}

function separatorOf(text: string): string {
  const header = headerOf(text)
  const named = separators.find((one) => isUsable(mappingByName(splitHeader(header, one))))
  const most = separators.toSorted((a, b) => header.split(b).length - header.split(a).length)[0]
  return named ?? most ?? ','
}

const likelySeparators: readonly (readonly [string, Sentence])[] = [
  [';', sentence`semicolon`],
  ['|', sentence`bar`],
  ['\t', sentence`tab`],
]

function columnIssue(text: string, isMapped: boolean): ImportIssue {
  if (isMapped) {
    return issue('csv_columns', 1, 'choose which column is the question and which the answer')
  }
  const found = headerOf(text)
  const separator = likelySeparators.find(([character]) => found.includes(character))
  const message =
    separator === undefined
      ? sentence`the header has no \`instruction\`/\`output\` columns (found \`${found}\`)`
      : sentence`the header has no \`instruction\`/\`output\` columns (found \`${found}\`; is the separator a ${separator[1]}?)`
  return issue('csv_columns', 1, message)
}

function readRow(
  cells: readonly string[],
  columnCount: number,
  mapping: ColumnMapping,
  line: number,
): RecordResult {
  if (cells.length !== columnCount) {
    const message = sentence`line ${line} has ${cells.length} cells, the header has ${columnCount}`
    return { issue: issue('csv_row_length', line, message) }
  }
  const cell = (field: keyof ColumnMapping): string => cells[mapping[field] ?? -1] ?? ''
  const rejected = cell('rejected')
  const tags = readTags(cell('tags'))
  // A conversation that doesn't fit into the other columns is kept as JSON.
  if (cell('messages').trim() !== '') {
    const messages = parseJson(cell('messages'))
    if (messages !== undefined) return readRecord({ messages, rejected, tags }, line)
    const message = sentence`line ${line}: \`messages\` is not valid JSON`
    return { issue: issue('invalid_json', line, message, 'messages') }
  }
  const read = readPair(
    {
      instruction: cell('instruction'),
      input: cell('input'),
      output: cell('output'),
      system: cell('system'),
    },
    line,
  )
  if (read.messages === undefined) return read
  return { messages: read.messages, rejected: rejected.trim() === '' ? null : rejected, tags }
}

function rowIssue(error: CsvError, rest: string, line: number): ImportIssue {
  if (error.code !== 'CSV_QUOTE_NOT_CLOSED') {
    return issue('csv_invalid', line, sentence`line ${line} is not valid CSV: ${error.message}`)
  }
  const opened = line + rest.slice(0, openingQuote(rest)).split('\n').length - 1
  return issue('csv_unclosed_quote', opened, sentence`the quote opened on line ${opened} is never closed`)
}

/** Where the quote stands that nothing closes: the last of an odd number, leaving doubled ones out. */
function openingQuote(row: string): number {
  let opened = 0
  let open = false
  for (let at = row.indexOf('"'); at !== -1; at = row.indexOf('"', at + 1)) {
    if (open && row[at + 1] === '"') {
      at++
      continue
    }
    open = !open
    if (open) opened = at
  }
  return opened
}
