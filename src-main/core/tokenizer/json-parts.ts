/** Checked reading of a tokenizer.json's parts. */
import type { Failure } from '../../contract/failure.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'
import { brokenTokenizer } from './failures.ts'

export type Json = Readonly<Record<string, unknown>>

export function record(value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw broken(sentence`a part that is not an object`)
}

export function isString(value: unknown): value is string {
  return typeof value === 'string'
}

export function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

export function broken(what: Sentence): Failure {
  return brokenTokenizer(sentence`tokenizer.json has ${what}`)
}
