import { describe } from 'vitest'
import { modelDirectory, modelFile } from './model-files.ts'

export interface TestModel {
  /** The imported model's folder, as the engine takes it. */
  readonly directory: string
  /** The GGUF file that it was made of. */
  readonly file: string
}

/**
 * A group of tests over the real default model, which test/run.ts fetches and imports. Where that could not
 * be done the group is collected with empty paths and skipped: read them in tests and hooks only.
 */
export function describeWithModel(name: string, body: (model: TestModel) => void): void {
  const missing = modelDirectory === null || modelFile === null
  describe.skipIf(missing)(`${name} [needs the default model]`, () => {
    body({ directory: modelDirectory ?? '', file: modelFile ?? '' })
  })
}
