/**
 * A sentence for a person, as its pattern and what fills it, so that another language can say it too.
 *
 * The English is written once, where it is needed: ``sentence`There is no file ${path}.` ``. Its pattern
 * (`There is no file {1}.`) is the name under which other languages have it (`src-main/texts/de/failures/`): a test
 * says which ones lack it.
 */
import { formatBytes } from './format-bytes.ts'

export interface Sentence {
  readonly pattern: string
  readonly values: readonly Value[]
}

/**
 * What fills a gap: a string is a name, a path or a quotation and the same in every language; numbers, sizes,
 * lists and parts of sentences are said in the language.
 */
export type Value = string | number | { readonly bytes: number } | Sentence | readonly Value[]

/** A tag for template literals. */
export function sentence(parts: TemplateStringsArray, ...values: readonly Value[]): Sentence {
  return { pattern: parts.reduce((before, part, gap) => `${before}{${gap}}${part}`), values }
}

/** A text without gaps is a sentence too. */
export function toSentence(text: string | Sentence): Sentence {
  return typeof text === 'string' ? { pattern: text, values: [] } : text
}

/** How a language says patterns, numbers and sizes. */
export interface Wording {
  readonly pattern: (pattern: string) => string
  readonly number: (value: number) => string
  readonly bytes: (bytes: number) => string
}

const english: Wording = { pattern: (pattern) => pattern, number: String, bytes: formatBytes }

export function inEnglish(text: Sentence): string {
  return say(text, english)
}

/** The whole text in another language. */
export function say({ pattern, values }: Sentence, wording: Wording): string {
  const gaps = /\{(\d+)\}/g
  return wording
    .pattern(pattern)
    .replace(gaps, (_, gap: string) => sayValue(values[Number(gap) - 1] ?? '', wording))
}

function sayValue(value: Value, wording: Wording): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return wording.number(value)
  if (isList(value)) return value.map((item) => sayValue(item, wording)).join(', ')
  return 'bytes' in value ? wording.bytes(value.bytes) : say(value, wording)
}

function isList(value: object): value is readonly Value[] {
  return Array.isArray(value)
}
