import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { checkBaseModel, encodeAdapters } from '../../core/vera/adapter-file.ts'
import type { AdapterOrigin } from '../../core/vera/adapter-origin.ts'
import type { PortableAdapter } from '../../core/vera/to-lora.ts'
import { adapterSummary } from '../adapter-summary.ts'
import { explainDiskFull } from '../disk-full.ts'
import { writeNewFile } from '../export/write-file.ts'
import type { ModelSummary } from '../contract.ts'
import type { Operation } from '../operation-table.ts'
import type { EngineResources } from '../resources.ts'
import { openAdapterSource } from './adapter-source.ts'

/** What an adapter says of itself, before a model is chosen for it. */
export const inspectAdapter: Operation<'inspectAdapter'> =
  // oxlint-disable-next-line require-yield -- it has no events
  async function* ({ path }) {
    return openAdapterSource(path).origin
  }

/** Reads an adapter on a model and writes it as a file of our own. */
export function importAdapter(resources: EngineResources): Operation<'importAdapter'> {
  // oxlint-disable-next-line require-yield -- it has no events
  return async function* ({ path, modelDirectory, targetPath }) {
    const model = resources.model(modelDirectory)
    const { summary } = model.folder
    const { origin, read } = openAdapterSource(path)
    let adapters: readonly PortableAdapter[]
    try {
      const { baseModelHash } = origin
      if (baseModelHash !== null) checkBaseModel({ baseModelHash }, summary.sourceHash)
      adapters = read(model)
    } catch (error) {
      throw withModelNames(error, origin, summary)
    }
    const bytes = encodeAdapters(
      adapters.map((adapter) => ({
        ...adapter,
        settings: {
          chatTemplateHash: '',
          createdBy: 'imported',
          ...adapter.settings,
          baseModelHash: summary.sourceHash,
        },
      })),
    )
    try {
      writeNewFile(targetPath, bytes)
    } catch (error) {
      throw explainDiskFull(error, sentence`the adapter could not be written to ${targetPath}`)
    }
    return adapterSummary(adapters, bytes)
  }
}

/** What an adapter that is put on another model than its own fails with. */
const misfits: ReadonlySet<string> = new Set([
  'adapter-wrong-model',
  'adapter-shape',
  'adapter-targets',
  'adapter-incomplete',
  'adapter-unsupported',
])

function withModelNames(error: unknown, origin: AdapterOrigin, summary: ModelSummary): unknown {
  if (!(error instanceof Failure) || !misfits.has(error.code) || origin.baseModelName === null) return error
  return new Failure(
    error.code,
    sentence`${error.text} The adapter says that it is for “${origin.baseModelName}”; it was put on “${summary.name}”.`,
    { cause: error },
  )
}
