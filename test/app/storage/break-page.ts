import { readFileSync, writeFileSync } from 'node:fs'

/** Overwrites one page of a database, in which this text stands. */
export function breakPage(path: string, text: string): Buffer {
  const bytes = readFileSync(path)
  const page = Math.floor(bytes.indexOf(text) / 4096) * 4096
  bytes.fill(0xee, page, page + 4096)
  writeFileSync(path, bytes)
  return bytes
}
