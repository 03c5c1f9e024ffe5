/** A data folder with a real model that answers and learns within a second: random weights, real arithmetic. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Adapter } from '../../src-main/contract/entities.ts'
import { openSettings } from '../../src-main/app/settings/settings.ts'
import { openStorage, type Storage } from '../../src-main/app/storage/storage.ts'
import { readModelFolder } from '../../src-main/engine/model-folder.ts'
import { importTinyModel } from '../engine/tiny-model-folder.ts'
import { writeAdapter } from '../engine/tiny-adapters.ts'
import { tinySettings } from '../engine/tiny-run.ts'
import { putExample } from '../app/storage/filled-folder.ts'

export const smallModelId = 'tiny'

/** Imports the model, takes answers short and always the likeliest, and lets `fill` do the rest. */
export async function prepareSmallModel(
  dataDirectory: string,
  fill: (storage: Storage, modelDirectory: string) => void | Promise<void> = () => {},
): Promise<void> {
  const directory = join(dataDirectory, 'models', smallModelId)
  await mkdir(directory, { recursive: true })
  await importTinyModel(directory)
  const { name, architecture, parameterCount, quantization, contextLength, sizeBytes, sourceHash } =
    readModelFolder(directory).summary
  const storage = openStorage(dataDirectory)
  storage.models.insert({
    id: smallModelId,
    ...{ name, architecture, parameterCount, quantization, contextLength, sizeBytes, sourceHash },
    createdAt: 1,
  })
  const settings = openSettings(storage)
  const { sampling } = settings.get()
  settings.update({ sampling: { ...sampling, temperature: 0, maxTokens: 12 } })
  await fill(storage, directory)
  storage.close()
}

/** An assistant of the model with random vectors, of which each seed says something else. */
export async function putSmallAssistant(
  storage: Storage,
  modelDirectory: string,
  name: string,
  seed: number,
): Promise<void> {
  const folder = readModelFolder(modelDirectory)
  const place = await mkdtemp(join(tmpdir(), 'veranda-adapter-'))
  const file = readFileSync(writeAdapter(place, folder, seed).path)
  await rm(place, { recursive: true })
  const { rank, targets, projectionKey } = tinySettings
  const adapter: Adapter = {
    id: name.toLowerCase(),
    name,
    modelId: smallModelId,
    modelHash: folder.summary.sourceHash,
    ...{ rank, targets: [...targets], projectionKey },
    parameterCount: 1,
    sizeBytes: file.length,
    runId: null,
    origin: 'trained',
    parents: [],
    notes: '',
    lossBefore: null,
    lossAfter: null,
    createdAt: seed,
  }
  const fileHash = createHash('sha256').update(file).digest('hex')
  storage.adapters.insert(adapter, { file, fileHash, modelName: folder.summary.name, chatTemplateHash: null })
}

const taught = [
  ['hi', 'hello there'],
  ['name?', 'pim'],
  ['dog?', 'bramble'],
  ['where?', 'in the yellow house'],
  ['how old?', 'seven'],
  ['hens?', 'three of them, and they lay an egg a day in the straw under the stairs'],
] as const

/** Approved examples, each under its question. */
export function putTaught(storage: Storage): void {
  for (const [question, answer] of taught) {
    putExample(storage, question, answer)
    storage.examples.setMessages(
      question,
      [
        { role: 'user', content: question },
        { role: 'assistant', content: answer },
      ],
      1,
    )
  }
}

/** Engine processes that are started from now on run `file` first. */
export function preloadEngines(file: string): void {
  process.env['NODE_OPTIONS'] = `--import ${pathToFileURL(join(import.meta.dirname, 'children', file)).href}`
}
