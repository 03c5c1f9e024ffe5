/** The real default model that tests share, where test/run.ts keeps it. */
import { link, mkdir } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** `VERANDA_TEST_HOME` lets a machine that tests often keep the download; else it goes with node_modules. */
export const testHome = resolve(process.env.VERANDA_TEST_HOME ?? 'node_modules/.cache/veranda')

const catalogue = JSON.parse(readFileSync('resources/catalogue.json', 'utf8')) as {
  readonly models: readonly [{ readonly id: string; readonly file: { readonly sha256: string } }]
}
const [defaultModel] = catalogue.models

/** The data folder in which the model is imported, anew by every whole run. */
export const importHome = join(testHome, 'app')

/** Where the app itself puts the checked file under a data folder. */
const downloadedFile = (dataDirectory: string): string =>
  join(dataDirectory, 'downloads', defaultModel.file.sha256)

/** The GGUF file; null where it was never fetched. */
export const modelFile = ifThere(downloadedFile(testHome))
/** The imported model's folder, for the engine; null where it was never imported. */
export const modelDirectory = ifThere(join(importHome, 'models', defaultModel.id))

/** Gives a data folder the fetched file, so that the app there pulls the default model without a network. */
export async function placeDownload(dataDirectory: string): Promise<void> {
  if (modelFile === null)
    throw new Error('The default model was not fetched; use this in a group that needs it.')
  const target = downloadedFile(dataDirectory)
  await mkdir(dirname(target), { recursive: true })
  // Not a symbolic link: the app removes the file once it is imported.
  await link(modelFile, target)
}

function ifThere(path: string): string | null {
  return existsSync(path) ? path : null
}
