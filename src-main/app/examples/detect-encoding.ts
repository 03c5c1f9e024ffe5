/** Which encoding a file of text was saved in, by rule. */
import type { TextEncoding } from '../../contract/entities.ts'

/** As much of a file as is looked at, in bytes. */
const looked = 1_000_000

/**
 * By the byte order mark; else UTF-16 where every other byte is mostly zero; else UTF-8 where the bytes are valid
 * or at least hold more characters that are than bytes that aren't; else Windows-1252, which holds Latin-1.
 */
export function detectEncoding(bytes: Uint8Array): TextEncoding {
  return unicodeEncoding(bytes) ?? (isMostlyUtf8(bytes.subarray(0, looked)) ? 'utf-8' : 'windows-1252')
}

/** UTF-16 if it is for sure; null where the bytes are single ones. */
export function unicodeEncoding(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  const head = bytes.subarray(0, Math.min(bytes.length, 4096))
  const zeros = [0, 0]
  for (const [index, byte] of head.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  const many = head.length / 8
  if (odd > many && even < odd / 4) return 'utf-16le'
  if (even > many && odd < even / 4) return 'utf-16be'
  return null
}

function isMostlyUtf8(bytes: Uint8Array): boolean {
  let good = 0
  let bad = 0
  for (const character of new TextDecoder('utf-8').decode(bytes)) {
    if (character === '\ufffd') bad++
    else if (character > '\u007f') good++
  }
  // The last character may be cut where only a part of the file is looked at.
  return bad <= 1 && bytes.length === looked ? true : bad === 0 || good > bad
}
