/** CSV with a header row: `instruction`, `output` and, if wanted, `input` and `system`. */
import { CsvError, parse } from 'csv-parse/sync'
import type { ImportIssue } from '../../contract/entities.ts'
import type { ParsedExample, ParsedExamples } from '../services.ts'
import { issue } from './import-issue.ts'
import { readPair } from './record.ts'

/** Spreadsheets of many languages separate by semicolons, since their decimals have commas. */
const separators = [',', ';', '\t']

interface Row {
  readonly cells: readonly string[]
  /** The line it begins on, counted from 1. */
  readonly line: number
}

export function parseCsvTable(text: string): ParsedExamples {
  const headerLine = text.slice(0, text.search(/\r?\n|$/))
  const separator = separators.find((one) => hasColumns(headerLine.split(one))) ?? ','
  const { rows, issues } = readRows(text, separator)
  const [header, ...body] = rows
  if (header === undefined) return { examples: [], issues }
  if (!hasColumns(header.cells)) {
    const found = header.cells.join(', ')
    const hint = /[;\t|]/.test(found) ? `; is the separator a ${separatorName(found)}?` : ''
    const message = `the header has no \`instruction\`/\`output\` columns (found \`${found}\`${hint})`
    return { examples: [], issues: [issue('csv_columns', header.line, message)] }
  }
  const read = readBody(columnNames(header.cells), body)
  return {
    examples: read.examples,
    issues: [...read.issues, ...issues].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)),
  }
}

function columnNames(cells: readonly string[]): string[] {
  return cells.map((cell) =>
    cell
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .toLowerCase(),
  )
}

function hasColumns(cells: readonly string[]): boolean {
  const names = columnNames(cells)
  return names.includes('instruction') && names.includes('output')
}

function separatorName(header: string): string {
  if (header.includes(';')) return 'semicolon'
  return header.includes('|') ? 'bar' : 'tab'
}

function readBody(columns: readonly string[], rows: readonly Row[]): ParsedExamples {
  const examples: ParsedExample[] = []
  const issues: ImportIssue[] = []
  for (const { cells, line } of rows) {
    if (cells.length !== columns.length) {
      const message = `line ${line} has ${cells.length} cells, the header has ${columns.length}`
      issues.push(issue('csv_row_length', line, message))
      continue
    }
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? ''
    const read = readPair(
      {
        instruction: cell('instruction'),
        input: cell('input'),
        output: cell('output'),
        system: cell('system'),
      },
      line,
    )
    if (read.messages === undefined) issues.push(read.issue)
    else examples.push({ messages: read.messages, line })
  }
  return { examples, issues }
}

/** The rows up to the first that can't be read. Line numbers come from byte offsets: csv-parse counts a quoted CR LF as two. */
function readRows(text: string, delimiter: string): { rows: Row[]; issues: ImportIssue[] } {
  const bytes = Buffer.from(text)
  const rows: Row[] = []
  let start = 0
  let line = 1
  // Blank lines are no rows; the next one begins after them.
  const skipBlankLines = (): void => {
    for (; bytes[start] === 0x0a || bytes[start] === 0x0d; start++) if (bytes[start] === 0x0a) line++
  }
  try {
    parse(bytes, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      on_record: (cells, context) => {
        skipBlankLines()
        rows.push({ cells, line })
        for (; start < context.bytes; start++) if (bytes[start] === 0x0a) line++
        return null
      },
    })
    return { rows, issues: [] }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    skipBlankLines()
    return { rows, issues: [rowIssue(error, bytes.toString('utf8', start), line)] }
  }
}

function rowIssue(error: CsvError, rest: string, line: number): ImportIssue {
  if (error.code !== 'CSV_QUOTE_NOT_CLOSED') {
    return issue('csv_invalid', line, `line ${line} is not valid CSV: ${error.message}`)
  }
  const opened = line + rest.slice(0, openingQuote(rest)).split('\n').length - 1
  return issue('csv_unclosed_quote', opened, `the quote opened on line ${opened} is never closed`)
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
