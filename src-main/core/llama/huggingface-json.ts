/** Checked reading of a model folder's JSON. */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'

export type Json = Readonly<Record<string, unknown>>

/** Fails with `model-metadata` for what is no positive number; `fallback` is for an entry that is missing. */
export function number(json: Json, key: string, fallback?: number): number {
  const value = json[key] ?? fallback
  if (typeof value !== 'number' || !(value > 0)) {
    throw new Failure('model-metadata', sentence`The model folder's config.json has no valid ${key}.`)
  }
  return value
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

export function isString(value: unknown): value is string {
  return typeof value === 'string'
}

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
