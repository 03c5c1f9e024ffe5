/**
 * SentencePiece's precompiled map of character sequences to what they are normalized to.
 * Format: the trie's length in bytes (uint32), the trie (a Darts double array of uint32 units), then the
 * replacements in UTF-8, each ended by a zero byte; a key's value is the place of its replacement.
 * Sources: google/sentencepiece normalizer.cc, huggingface/spm_precompiled.
 */
import type { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { brokenTokenizer } from './failures.ts'

export interface Charsmap {
  /** Units of the double array. */
  readonly trie: readonly number[]
  /** The replacements' UTF-8 text, by their places. */
  readonly texts: Readonly<Record<string, string>>
  /** `longest`: the longest key at each place (SentencePiece); `grapheme`: as `tokenizers` does it. */
  readonly match: 'longest' | 'grapheme'
}

const encoder = new TextEncoder()

/** Fails with `tokenizer-broken` for bytes that are no such map. */
export function readCharsmap(bytes: Uint8Array, match: Charsmap['match']): Charsmap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const trieBytes = bytes.length < 4 ? 0 : view.getUint32(0, true)
  if (trieBytes === 0 || trieBytes % 4 !== 0 || 4 + trieBytes > bytes.length) throw brokenMap()
  const trie = Array.from({ length: trieBytes / 4 }, (_, unit) => view.getUint32(4 + 4 * unit, true))
  const blob = bytes.subarray(4 + trieBytes)
  const texts: Record<string, string> = {}
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  for (let start = 0; start < blob.length;) {
    const zero = blob.indexOf(0, start)
    const end = zero === -1 ? blob.length : zero
    texts[start] = decoder.decode(blob.subarray(start, end))
    start = end + 1
  }
  return { trie, texts, match }
}

/** The bytes that `readCharsmap` reads. */
export function charsmapBytes({ trie, texts }: Charsmap): Uint8Array {
  const placed = Object.entries(texts).map(([place, text]) => [Number(place), encoder.encode(text)] as const)
  const end = placed.reduce((most, [place, text]) => Math.max(most, place + text.length + 1), 0)
  const bytes = new Uint8Array(4 + 4 * trie.length + end)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 4 * trie.length, true)
  for (const [unit, value] of trie.entries()) view.setUint32(4 + 4 * unit, value, true)
  for (const [place, text] of placed) bytes.set(text, 4 + 4 * trie.length + place)
  return bytes
}

/** As a tokenizer.json has it. */
export function charsmapFromBase64(text: string): Charsmap {
  let binary: string
  try {
    binary = atob(text)
  } catch (cause) {
    throw brokenMap(cause)
  }
  return readCharsmap(
    Uint8Array.from(binary, (character) => character.charCodeAt(0)),
    'grapheme',
  )
}

/** Replaces the map's keys in a text. */
export function charsmapReplacer(map: Charsmap): (text: string) => string {
  return map.match === 'longest' ? longestReplacer(map) : graphemeReplacer(map)
}

function longestReplacer(map: Charsmap): (text: string) => string {
  return (text) => {
    let replaced = ''
    // Without a key at a place, its character stays.
    for (let place = 0; place < text.length;) {
      const character = String.fromCodePoint(text.codePointAt(place) ?? 0)
      const found = keysAt(map, encoder.encode(text.slice(place, place + maxKeyLength))).at(-1)
      replaced += found?.replacement ?? character
      place += found === undefined ? character.length : charactersIn(text, place, found.bytes)
    }
    return replaced
  }
}

/** In UTF-16 units: no rule of NFKC is longer. */
const maxKeyLength = 18

/** How many UTF-16 units from `place` on make up so many bytes of UTF-8. */
function charactersIn(text: string, place: number, bytes: number): number {
  let units = 0
  for (let left = bytes; left > 0 && place + units < text.length;) {
    const code = text.codePointAt(place + units) ?? 0
    left -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    units += code < 0x10000 ? 1 : 2
  }
  return units
}

/** Longer graphemes (in bytes) are looked up character by character. */
const maxGraphemeBytes = 6

function graphemeReplacer(map: Charsmap): (text: string) => string {
  const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
  const lookUp = (chunk: string): string | undefined => keysAt(map, encoder.encode(chunk))[0]?.replacement
  return (text) => {
    let replaced = ''
    for (const { segment } of segmenter.segment(text)) {
      const whole = encoder.encode(segment).length < maxGraphemeBytes ? lookUp(segment) : undefined
      replaced += whole ?? Array.from(segment, (character) => lookUp(character) ?? character).join('')
    }
    return replaced
  }
}

/** The keys that the bytes begin with, the shortest first. */
function keysAt(
  { trie, texts }: Charsmap,
  bytes: Uint8Array,
): { readonly bytes: number; readonly replacement: string }[] {
  const found: { bytes: number; replacement: string }[] = []
  let place = offsetOf(trie[0] ?? 0)
  for (const [index, byte] of bytes.entries()) {
    if (byte === 0) break
    place ^= byte
    const unit = trie[place]
    // A unit's label is its low byte; the top bit marks a value, which is no label.
    if (unit === undefined || (unit & 0x800000ff) !== byte) break
    place ^= offsetOf(unit)
    if (((unit >>> 8) & 1) === 0) continue
    const replacement = texts[(trie[place] ?? 0) & 0x7fffffff]
    if (replacement !== undefined) found.push({ bytes: index + 1, replacement })
  }
  return found
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6)
}

function brokenMap(cause?: unknown): Failure {
  return brokenTokenizer(sentence`tokenizer has a damaged map of normalized characters`, cause)
}
