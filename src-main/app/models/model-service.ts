/** The models of the data folder: fetching, importing, finding and removing them. */
import { existsSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import type { Model } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { Engine, ModelSummary } from '../../engine/contract.ts'
import { mapEvents } from '../../contract/event-stream.ts'
import type { NetworkLog } from '../network/network-log.ts'
import type { ModelProgress, ModelService } from '../services.ts'
import { toStorageFailure } from '../storage/storage-failure.ts'
import type { Storage } from '../storage/storage.ts'
import { uniqueName } from '../unique-name.ts'
import type { CatalogueModel } from './catalogue.ts'
import { checkDiskSpace } from './disk-space.ts'
import { fetchModelFile, removeModelFile } from './fetch-model-file.ts'
import { findModel } from './find-model.ts'
import { memoryOf, type SizedModel } from './memory-needed.ts'
import { modelFolders } from './model-folders.ts'
import { readPassage } from './passage.ts'
import { sourceBytes } from './source-size.ts'

export interface ModelOptions {
  readonly storage: Storage
  readonly engine: Engine
  readonly dataDirectory: string
  readonly catalogue: readonly CatalogueModel[]
  readonly resourcesDirectory: string
  readonly networkLog: NetworkLog
  /** Where model files may lie that came with the program. */
  readonly besideFolders: readonly string[]
  /** The machine's memory. */
  readonly machineBytes: number
  /** Whether a run that is going on or waiting needs the model. */
  readonly isInUse: (modelId: string) => boolean
  /** Whether the engine does anything with the model of this folder. */
  readonly isAtWorkWith: (modelDirectory: string) => boolean
}

/** The service, and what only the app itself needs of it. */
export interface Models extends ModelService {
  /** The folder that the engine reads the model from; fails with `model-files-missing` if it is gone. */
  directoryOf(model: Model): Promise<string>
  /** Those that are here and those that could be, as far as the memory they need depends on it. */
  sized(): readonly SizedModel[]
  /** Removes what an import that never ended left behind. */
  cleanUp(): Promise<void>
}

type Named = Pick<Model, 'id' | 'name' | 'parameterCount'>

export function openModels(options: ModelOptions): Models {
  const { storage, engine, catalogue, networkLog, besideFolders, machineBytes } = options
  const folders = modelFolders(options.dataDirectory)
  const downloadDirectory = join(options.dataDirectory, 'downloads')
  /** Catalogue ids that are being pulled. */
  const pulling = new Set<string>()

  /** The catalogue's id for the catalogue's own file, however it came; else one made of the name. */
  function newId(name: string, sourceHash: string): string {
    const isTaken = (id: string): boolean => storage.models.get(id) !== undefined
    const entry = catalogue.find((model) => model.file.sha256 === sourceHash)
    if (entry !== undefined && !isTaken(entry.id)) return entry.id
    const isReserved = (id: string): boolean => isTaken(id) || catalogue.some((model) => model.id === id)
    return uniqueName(slug(name), isReserved, '-')
  }

  async function* importFrom(
    sourcePath: string,
    name: string,
    bits: 4 | 8 | null,
    signal: AbortSignal,
  ): AsyncGenerator<ModelProgress, Model> {
    const neededBytes = await sourceBytes(sourcePath)
    const reserved = await folders.reserve()
    try {
      await checkDiskSpace(reserved, neededBytes)
      const quantize = bits && { bits, passage: await readPassage(options.resourcesDirectory) }
      const input = { sourcePath, targetDirectory: reserved, name, quantize }
      const summary = yield* mapEvents(engine.run('importModel', input, signal), (event): ModelProgress => {
        return { ...event, phase: 'import' }
      })
      // An engine that was stopped ends without an error, but the folder is not whole.
      if (signal.aborted) throw cancelled()
      const model = toModel(newId(summary.name, summary.sourceHash), summary)
      await folders.keep(reserved, model.id)
      try {
        storage.models.insert(model)
      } catch (error) {
        await folders.remove(model.id)
        throw error
      }
      return model
    } finally {
      await rm(reserved, { recursive: true, force: true })
    }
  }

  async function* pull(entry: CatalogueModel, signal: AbortSignal): AsyncGenerator<ModelProgress, Model> {
    const totalBytes = entry.file.sizeBytes
    const network = networkLog.networkFor('model', entry.name)
    const fetching = fetchModelFile(
      entry,
      { directory: downloadDirectory, network, beside: besideFolders },
      signal,
    )
    const path = yield* mapEvents(fetching, (doneBytes): ModelProgress => {
      return { doneBytes, totalBytes, phase: 'download' }
    })
    const model = yield* importFrom(path, entry.name, null, signal)
    await removeModelFile(entry, downloadDirectory)
    return model
  }

  function sized({ id, name, parameterCount }: Named, weightBytes: number): SizedModel {
    return {
      name,
      parameterCount,
      installed: storage.models.get(id) !== undefined,
      shape: catalogue.find((entry) => entry.id === id)?.shape ?? null,
      weightBytes,
      measuredTrainingBytes: storage.runs.mostMemory(id),
    }
  }

  function sizedEntry(entry: CatalogueModel): SizedModel {
    return sized(entry, storage.models.get(entry.id)?.sizeBytes ?? entry.file.importedBytes)
  }

  return {
    list: () => storage.models.list(),
    sized: () => [
      ...storage.models.list().map((model) => sized(model, model.sizeBytes)),
      ...catalogue.filter(({ id }) => storage.models.get(id) === undefined).map(sizedEntry),
    ],
    catalogue: () =>
      catalogue.map((entry) => ({
        id: entry.id,
        name: entry.name,
        description: entry.description,
        licence: entry.licence,
        sizeBytes: entry.file.sizeBytes,
        parameterCount: entry.parameterCount,
        installed: storage.models.get(entry.id) !== undefined,
        isBeside: besideFolders.some((folder) => existsSync(join(folder, entry.file.name))),
        memory: memoryOf(sizedEntry(entry), machineBytes),
      })),
    find: (idOrName) => findModel(idOrName, storage.models.list(), catalogue),

    async *pull(catalogueId, signal = new AbortController().signal) {
      const entry = catalogue.find((model) => model.id === catalogueId)
      if (entry === undefined) throw notInCatalogue(catalogueId, catalogue)
      const installed = storage.models.get(entry.id)
      if (installed !== undefined) return installed
      if (pulling.has(entry.id)) {
        throw new Failure('already-downloading', sentence`“${entry.name}” is being downloaded already.`)
      }
      pulling.add(entry.id)
      try {
        return yield* pull(entry, signal)
      } catch (error) {
        throw signal.aborted ? cancelled() : toStorageFailure(error, options.dataDirectory)
      } finally {
        pulling.delete(entry.id)
      }
    },

    async *import({ path, name, quantize = null }, signal = new AbortController().signal) {
      const sourcePath = resolve(path)
      try {
        return yield* importFrom(sourcePath, name ?? nameOf(sourcePath), quantize, signal)
      } catch (error) {
        throw signal.aborted ? cancelled() : toStorageFailure(error, options.dataDirectory)
      }
    },

    async remove(idOrName) {
      const model = findModel(idOrName, storage.models.list(), catalogue)
      if (options.isInUse(model.id)) {
        throw new Failure(
          'model-in-use',
          sentence`“${model.name}” is being personalized. Wait for the end of the run or cancel it, then remove the model.`,
        )
      }
      if (options.isAtWorkWith(folders.path(model.id))) {
        throw new Failure(
          'model-in-use',
          sentence`“${model.name}” is answering or being looked at. Wait until it is done or stop it, then remove the model.`,
        )
      }
      const release = engine.run('releaseModel', { modelDirectory: folders.path(model.id) })
      while ((await release.next()).done !== true);
      storage.models.remove(model.id)
      await folders.remove(model.id)
    },

    async directoryOf(model) {
      const directory = folders.path(model.id)
      const isThere = await stat(directory)
        .then((found) => found.isDirectory())
        .catch(() => false)
      if (isThere) return directory
      throw new Failure(
        'model-files-missing',
        sentence`The files of “${model.name}” are missing from ${directory}. Remove the model and download or import it again.`,
      )
    },

    cleanUp: () => folders.cleanUp(new Set(storage.models.list().map((model) => model.id))),
  }
}

function toModel(id: string, summary: ModelSummary): Model {
  return {
    id,
    name: summary.name,
    architecture: summary.architecture,
    parameterCount: summary.parameterCount,
    quantization: summary.quantization,
    contextLength: summary.contextLength,
    sizeBytes: summary.sizeBytes,
    sourceHash: summary.sourceHash,
    createdAt: Date.now(),
  }
}

function slug(name: string): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .match(/[a-z0-9]+/g)
  return words?.join('-').slice(0, 80) ?? 'model'
}

function nameOf(sourcePath: string): string {
  return basename(sourcePath, extname(sourcePath).toLowerCase() === '.gguf' ? extname(sourcePath) : '')
}

function cancelled(): Failure {
  return new Failure('cancelled', 'Cancelled; nothing was changed. A cut download goes on where it ended.')
}

function notInCatalogue(id: string, catalogue: readonly CatalogueModel[]): Failure {
  const known = catalogue.map((entry) => entry.id)
  return new Failure(
    'model-not-in-catalogue',
    sentence`The catalogue has no model “${id}”. It has: ${known}.`,
  )
}
