/** Whose an adapter is and what model it is for, as our exports say it in the metadata of other formats. */
import { sentence } from '../../contract/sentence.ts'
import { jsonFields } from './json-fields.ts'

export interface AdapterOrigin {
  /** What people call the adapter; null where the file doesn't say. */
  readonly name: string | null
  /** SHA-256 (hex) of the file that the base model was imported from; null where another program made the adapter. */
  readonly baseModelHash: string | null
  /** For messages, no proof. */
  readonly baseModelName: string | null
  readonly baseModelArchitecture: string | null
}

/** The metadata entry that holds it. */
export const originKey = 'veranda.origin'

export const unknownOrigin: AdapterOrigin = {
  name: null,
  baseModelHash: null,
  baseModelName: null,
  baseModelArchitecture: null,
}

export function originToJson(origin: AdapterOrigin): string {
  return JSON.stringify(origin)
}

/** @throws Failure `adapter-broken` */
export function originFromJson(text: string): AdapterOrigin {
  const json = jsonFields(text, sentence`The adapter's origin`)
  const field = (key: keyof AdapterOrigin): string | null => (json.get(key) === null ? null : json.text(key))
  return {
    name: field('name'),
    baseModelHash: field('baseModelHash'),
    baseModelName: field('baseModelName'),
    baseModelArchitecture: field('baseModelArchitecture'),
  }
}
