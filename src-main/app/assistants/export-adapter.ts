import { homedir } from 'node:os'
import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { Engine } from '../../engine/contract.ts'
import type { Models } from '../models/model-service.ts'
import type { AdapterService } from '../services.ts'
import type { AdapterFiles } from './adapter-files.ts'
import type { Adapters } from './adapter-service.ts'
import { modelOf } from './answering-pair.ts'

export interface ExportOptions {
  readonly engine: Engine
  readonly models: Models
  readonly adapters: Adapters
  readonly files: AdapterFiles
  /** Where a name without a folder goes. */
  readonly exportDirectory: string
}

/** Writes adapters for other programs: `NAME[:STRENGTH]` at a path, where nothing may be yet. */
export function adapterExport(options: ExportOptions): AdapterService['export'] {
  const { engine, models, adapters, files, exportDirectory } = options
  return async function* (reference, { format, path }, signal) {
    const { adapter, strength } = adapters.find(reference)
    const model = modelOf(adapter, models)
    const input = {
      modelDirectory: await models.directoryOf(model),
      adapter: await files.reference(adapter, strength, model),
      format,
      name: adapter.name,
      path: isAbsolute(path) ? path : join(exportDirectory, path),
    }
    return yield* engine.run('exportAdapter', input, signal)
  }
}

/** The folder for downloads, or where there is none the home folder. */
export function usualExportDirectory(): string {
  const downloads = join(homedir(), 'Downloads')
  return existsSync(downloads) ? downloads : homedir()
}
