/** The numbers of a GGUF file's metadata. */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { GgufFile } from '../checkpoint/gguf.ts'

/** Fails with `model-metadata` for what is no count; `fallback` is for an entry that is missing. */
export function integer(file: GgufFile, key: string, fallback?: number): number {
  const value = real(file, key, fallback)
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new Failure(
      'model-metadata',
      sentence`The model file's entry ${key} is ${value}, which is no valid count.`,
    )
  }
  return value
}

/** Fails with `model-metadata` for what is no number; `fallback` is for an entry that is missing. */
export function real(file: GgufFile, key: string, fallback?: number): number {
  const value = file.metadata.get(key) ?? fallback
  if (value === undefined) {
    throw new Failure(
      'model-metadata',
      sentence`The model file lacks the entry ${key}. Pick another file of this model.`,
    )
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Failure(
      'model-metadata',
      sentence`The model file's entry ${key} is not one number, which Veranda needs.`,
    )
  }
  return value
}
