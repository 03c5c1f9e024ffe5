import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Failure } from '../../src-main/contract/failure.ts'
import { fetchDefault } from '../runner/model.ts'
import { importInto } from './imported-model.ts'

/** The default model, which the fixtures of `smollm2` were made with. */
export interface RealModel {
  /** The GGUF file. */
  readonly file: string
  /** It imported, as the engine takes it. */
  readonly directory: string
}

/**
 * Lends the model out of the given file, else the one that test runs keep, which is fetched where it isn't there.
 * `use` gets a sentence instead where no source gives the model.
 */
export async function withRealModel<T>(
  file: string | undefined,
  use: (model: RealModel | string) => Promise<T>,
): Promise<T> {
  let found: string
  try {
    found = file === undefined ? (await fetchDefault()).path : resolve(file)
  } catch (error) {
    if (error instanceof Failure && error.code === 'download-failed') return await use(error.message)
    throw error
  }
  const directory = mkdtempSync(join(tmpdir(), 'veranda-reference-model-'))
  try {
    await importInto(directory, found)
    return await use({ file: found, directory })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
