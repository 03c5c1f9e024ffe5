import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Adapter, Model } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type {
  AdapterOrigin,
  Engine,
  OperationInput,
  OperationName,
  OperationResult,
} from '../../engine/contract.ts'
import type { Models } from '../models/model-service.ts'
import type { AdapterService } from '../services.ts'
import { storingAsync } from '../storage/storage-failure.ts'
import type { Storage } from '../storage/storage.ts'
import { adapterFilesDirectory } from './adapter-files.ts'
import type { Adapters } from './adapter-service.ts'

export interface ImportOptions {
  readonly storage: Storage
  readonly engine: Engine
  readonly dataDirectory: string
  readonly models: Models
  readonly adapters: Adapters
}

/** Brings in adapters of any format that the engine reads. */
export function adapterImport(options: ImportOptions): AdapterService['import'] {
  const { storage, engine, dataDirectory, models, adapters } = options

  async function run<K extends OperationName>(
    operation: K,
    input: OperationInput<K>,
    signal: AbortSignal | undefined,
  ): Promise<OperationResult<K>> {
    const stream = engine.run(operation, input, signal)
    for (;;) {
      const next = await stream.next()
      if (next.done === true) return next.value
    }
  }

  /** Reads the adapter at the path into the database; `scratch` is a folder for what is between. */
  async function importFrom(
    path: string,
    { name, model: asked }: { readonly name: string | null; readonly model: string | null },
    scratch: string,
    signal: AbortSignal | undefined,
  ): Promise<Adapter> {
    const origin = await run('inspectAdapter', { path }, signal)
    const model = asked === null ? modelFor(origin, models) : models.find(asked)
    checkOrigin(origin, model)
    const modelDirectory = await models.directoryOf(model)
    const targetPath = join(scratch, 'adapter.safetensors')
    const imported = await run('importAdapter', { path, modelDirectory, targetPath }, signal)
    const file = await readFile(targetPath)
    const adapter: Adapter = {
      ...imported,
      id: randomUUID(),
      name: adapters.freeName(name ?? origin.name ?? nameOf(path)),
      modelId: model.id,
      modelHash: model.sourceHash,
      targets: [...imported.targets],
      runId: null,
      origin: 'imported',
      parents: [],
      notes: '',
      lossBefore: null,
      lossAfter: null,
      createdAt: Date.now(),
    }
    storage.adapters.insert(adapter, {
      file,
      fileHash: createHash('sha256').update(file).digest('hex'),
      modelName: model.name,
      chatTemplateHash: null,
    })
    return adapter
  }

  return async ({ source, name, model }, signal) => {
    // Among the files that the next start removes, should this one end before.
    const scratch = join(adapterFilesDirectory(dataDirectory), `import-${randomUUID()}`)
    return await storingAsync(scratch, async () => {
      await mkdir(scratch, { recursive: true })
      try {
        const path = source.kind === 'path' ? resolve(source.path) : await keepFiles(source.files, scratch)
        return await importFrom(path, { name, model }, scratch, signal)
      } finally {
        await rm(scratch, { recursive: true, force: true })
      }
    })
  }
}

/** Files whose bytes a page gave, as the file or folder that they were. */
async function keepFiles(
  files: readonly { readonly name: string; readonly base64: string }[],
  scratch: string,
): Promise<string> {
  const folder = join(scratch, 'source')
  await mkdir(folder)
  for (const file of files) {
    await writeFile(join(folder, basename(file.name)), Buffer.from(file.base64, 'base64'), { flag: 'wx' })
  }
  const [only] = files
  return files.length === 1 && only !== undefined ? join(folder, basename(only.name)) : folder
}

/** The model that an adapter says it is for; the only one there is where it says nothing. */
function modelFor(origin: AdapterOrigin, models: Models): Model {
  const { baseModelHash: hash, baseModelName: baseName } = origin
  const installed = models.list()
  if (hash !== null) {
    const known = installed.find((model) => model.sourceHash === hash)
    if (known !== undefined) return known
    throw new Failure(
      'adapter-needs-model',
      sentence`The assistant is for the model ${quoted(baseName ?? `${hash.slice(0, 12)}…`)}, which is not on this machine. Download or import that very file first.`,
    )
  }
  const candidates =
    baseName === null ? installed : installed.filter(({ name }) => isSameModel(name, baseName))
  const [only] = candidates
  if (only !== undefined && candidates.length === 1) return only
  const says =
    baseName === null
      ? sentence`doesn’t say which model it is for`
      : sentence`says that it is for the model ${quoted(baseName)}`
  const ids = (candidates.length > 0 ? candidates : installed).map(({ id }) => id)
  throw new Failure(
    'adapter-model-unknown',
    ids.length === 0
      ? sentence`The assistant ${says}, and there is no model on this machine. Download or import its model first.`
      : sentence`The assistant ${says}. Choose the model that it is for, one of: ${ids}.`,
  )
}

function checkOrigin({ baseModelHash, baseModelName }: AdapterOrigin, model: Model): void {
  if (baseModelHash === null || baseModelHash === model.sourceHash) return
  throw new Failure(
    'adapter-wrong-model',
    sentence`The assistant is for the model ${quoted(baseModelName ?? `${baseModelHash.slice(0, 12)}…`)} and can't be used with “${model.name}”, whose file is another one. Choose the model it was made for.`,
  )
}

/** “Llama 3.2 1B Instruct”, “meta-llama/Llama-3.2-1B-Instruct” and “Llama-3.2-1B-Instruct-Q4_K_M.gguf” are one. */
function isSameModel(one: string, other: string): boolean {
  const key = (name: string): string =>
    (name.split('/').at(-1) ?? '')
      .toLowerCase()
      .replace(/\.gguf$/, '')
      .replace(/[-._ ](i?q\d\w*|b?f16|f32)$/, '')
      .replaceAll(/[^a-z0-9]/g, '')
  return key(one) === key(other)
}

function nameOf(path: string): string {
  // A folder's name may have a point in it that begins no extension.
  return basename(path).replace(/\.(veranda-adapter|safetensors|gguf|json)$/i, '') || 'assistant'
}

function quoted(name: string): string {
  return `“${name}”`
}
