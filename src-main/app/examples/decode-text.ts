/** The bytes of a file as lines of text, whatever encoding it was saved in. */
import type { ImportIssue, TextEncoding } from '../../contract/entities.ts'
import { sentence } from '../../contract/sentence.ts'
import { unicodeEncoding } from './detect-encoding.ts'
import { issue } from './import-issue.ts'
import { decodeWindows1252 } from './windows-1252.ts'

export interface DecodedText {
  /** Without a byte order mark. Lines that can't be read are empty in it, so that the others keep their numbers. */
  readonly text: string
  readonly issues: readonly ImportIssue[]
  /** Whether every line could be read. */
  readonly complete: boolean
}

/**
 * Decodes the bytes as `encoding`; without one as UTF-16 if they are (with a warning), else as UTF-8, in which a
 * line that isn't is an issue. Windows-1252 is never guessed here: a wrong guess would teach garbled text.
 */
export function decodeText(bytes: Uint8Array, encoding: TextEncoding | null = null): DecodedText {
  const found = encoding ?? unicodeEncoding(bytes) ?? 'utf-8'
  if (found !== 'utf-8') {
    const text = found === 'windows-1252' ? decodeWindows1252(bytes) : new TextDecoder(found).decode(bytes)
    if (encoding !== null) return { text, issues: [], complete: true }
    const warning = issue(
      'invalid_encoding',
      1,
      'the file is UTF-16, expected UTF-8; it was read all the same',
    )
    return { text, issues: [warning], complete: true }
  }
  try {
    // TextDecoder drops a byte order mark by itself.
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), issues: [], complete: true }
  } catch {
    return decodeByLine(bytes)
  }
}

const lineFeed = 0x0a

function decodeByLine(bytes: Uint8Array): DecodedText {
  const lines: string[] = []
  const issues: ImportIssue[] = []
  for (let start = 0; start <= bytes.length;) {
    const found = bytes.indexOf(lineFeed, start)
    const end = found === -1 ? bytes.length : found
    const line = bytes.subarray(start, end)
    const invalid = firstInvalidByte(line)
    if (invalid === null) {
      lines.push(new TextDecoder('utf-8').decode(line))
    } else {
      const hex = invalid.toString(16).toUpperCase().padStart(2, '0')
      const number = lines.length + 1
      issues.push(
        issue(
          'invalid_encoding',
          number,
          sentence`line ${number} is not UTF-8 (byte 0x${hex}); save the file as UTF-8`,
        ),
      )
      lines.push('')
    }
    start = end + 1
  }
  return { text: lines.join('\n'), issues, complete: false }
}

/** The first byte that begins no UTF-8 sequence, or null. */
function firstInvalidByte(line: Uint8Array): number | null {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(line)
  const encoder = new TextEncoder()
  let offset = 0
  for (const character of text) {
    // A replacement character stands for a bad byte, unless the text itself holds one (EF BF BD).
    if (character === '\ufffd' && !(line[offset] === 0xef && line[offset + 1] === 0xbf)) {
      return line[offset] ?? null
    }
    offset += encoder.encode(character).length
  }
  return null
}
