/** For tests that need the real default model: left out, in plain sight, where it could not be fetched. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { testHome } from './model-home.ts'

const directory = process.env.VERANDA_TEST_MODEL ?? fetchedEarlier()

/**
 * A group of tests over the imported default model's folder, as `VERANDA_TEST_MODEL` names it (test/run.ts
 * fetches the model and sets it) or as an earlier run left it. Without one the group is collected and skipped,
 * with '' for the folder: read it in tests and hooks only.
 */
export function describeWithModel(name: string, body: (modelDirectory: string) => void): void {
  describe.skipIf(directory === null)(`${name} [needs the default model]`, () => {
    body(directory ?? '')
  })
}

function fetchedEarlier(): string | null {
  const models = join(testHome, 'models')
  if (!existsSync(models)) return null
  const folder = readdirSync(models).find((name) => existsSync(join(models, name, 'model.json')))
  return folder === undefined ? null : join(models, folder)
}
