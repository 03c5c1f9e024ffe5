import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openApp } from '../../src-main/app/app.ts'
import { readCatalogue } from '../../src-main/app/models/catalogue.ts'
import { fetchModelFile } from '../../src-main/app/models/fetch-model-file.ts'
import type { RequestRecord } from '../../src-main/app/network/network-log.ts'
import { Failure, toFailureMessage } from '../../src-main/contract/failure.ts'
import { connectEngine } from '../../src-main/engine/client.ts'
import { forkEngine } from '../../src-main/hosts/node-engine-process.ts'
import { importHome, testHome } from '../model-files.ts'

/** What became of the model that tests share. */
export type ModelState =
  | { readonly state: 'done' }
  /** No source gave it: the tests that need it are left out. */
  | { readonly state: 'unavailable'; readonly reason: string }
  /** It is here and can't be imported: a defect. */
  | { readonly state: 'failed'; readonly reason: string }

const resourcesDirectory = resolve('resources')

/** Fetches the default model, unless an earlier run did, and imports it anew: the code may have changed. */
export async function prepareModel(): Promise<ModelState> {
  await rm(importHome, { recursive: true, force: true })
  try {
    await importModel(await fetchDefault())
    return { state: 'done' }
  } catch (error) {
    const unavailable = error instanceof Failure && error.code === 'download-failed'
    return { state: unavailable ? 'unavailable' : 'failed', reason: toFailureMessage(error).message }
  }
}

export async function fetchDefault(): Promise<{ readonly path: string; readonly name: string }> {
  const [model] = await readCatalogue(resourcesDirectory)
  if (model === undefined) throw new Failure('no-catalogue', 'resources/catalogue.json lists no model.')
  const directory = join(testHome, 'downloads')
  const download = fetchModelFile(
    model,
    { directory, network: { fetch, record: unrecorded }, beside: [] },
    new AbortController().signal,
  )
  let quarter = 0
  for (;;) {
    const next = await download.next()
    if (next.done === true) {
      console.log(`${model.name} is in ${next.value}`)
      return { path: next.value, name: model.name }
    }
    const arrived = Math.floor((4 * next.value) / model.file.sizeBytes)
    if (arrived > quarter) console.log(`fetching ${model.name}: ${25 * (quarter = arrived)} %`)
  }
}

function unrecorded(): RequestRecord {
  return { received() {}, end() {} }
}

async function importModel(source: { readonly path: string; readonly name: string }): Promise<void> {
  const start = performance.now()
  const app = await openApp({
    dataDirectory: importHome,
    resourcesDirectory,
    engine: connectEngine(() => forkEngine()),
    version: 'test',
  })
  try {
    const events = app.services.models.import(source)
    while ((await events.next()).done !== true);
    console.log(`imported in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  } finally {
    await app.close()
  }
}
