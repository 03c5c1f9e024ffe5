/** Reading the fields of a JSON object that describes an adapter, each with a failure that names it. */
import { Failure } from '../../contract/failure.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'

export interface JsonFields {
  /** The value of a field, whatever it is; undefined where it is missing. */
  get(key: string): unknown
  text(key: string): string
  number(key: string): number
  /** A whole number from `least` to `most`. */
  integer(key: string, least: number, most: number): number
  /** One of the given values; undefined where the field is missing. */
  choice<T>(key: string, of: readonly T[]): T | undefined
  /** A failure that says what is wrong with the object: `it …`. */
  broken(what: Sentence, cause?: unknown): Failure
}

/**
 * @param json the object's text
 * @param name what to call it in a message, such as "The adapter's settings"
 * @throws Failure `adapter-broken`, as do the fields that are missing or of another kind.
 */
export function jsonFields(json: string, name: Sentence): JsonFields {
  const broken = (what: Sentence, cause?: unknown): Failure =>
    new Failure('adapter-broken', sentence`${name} can't be read: ${what}. Copy or save the adapter again.`, {
      cause,
    })
  const object = parseObject(json, broken)
  const number = (key: string): number => {
    const value = object[key]
    if (typeof value !== 'number' || !Number.isFinite(value)) throw broken(sentence`it has no valid ${key}`)
    return value
  }
  return {
    get: (key) => object[key],
    text(key) {
      const value = object[key]
      if (typeof value !== 'string') throw broken(sentence`it has no valid ${key}`)
      return value
    },
    number,
    integer(key, least, most) {
      const value = number(key)
      if (!Number.isInteger(value) || value < least || value > most)
        throw broken(sentence`it has no valid ${key}`)
      return value
    },
    choice(key, of) {
      const value = object[key]
      if (value === undefined) return undefined
      const found = of.find((one) => one === value)
      if (found === undefined) throw broken(sentence`it has no valid ${key}`)
      return found
    },
    broken,
  }
}

function parseObject(
  json: string,
  broken: (what: Sentence, cause?: unknown) => Failure,
): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw broken(sentence`it is not JSON`, cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw broken(sentence`it is not a JSON object`)
  }
  return value as Readonly<Record<string, unknown>>
}
