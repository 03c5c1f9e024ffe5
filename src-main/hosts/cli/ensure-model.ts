import type { Model } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import type { ModelProgress } from '../../app/services.ts'
import type { Context } from './command.ts'
import { drain } from './drain.ts'
import { formatBytes } from '../../contract/format-bytes.ts'
import type { Output } from './output.ts'

/**
 * The model to work with: the one that was asked for, else the adapter's own, else the default model,
 * which is fetched first where no model is installed yet.
 *
 * @param adapter `NAME[:STRENGTH]`
 */
export async function ensureModel(
  context: Context,
  asked: string | undefined,
  adapter?: string,
): Promise<Model> {
  const { models, adapters } = context.services
  if (asked !== undefined) return models.find(asked)
  if (adapter !== undefined) return models.find(adapters.find(adapter).adapter.modelId)
  if (models.list().length === 0) return await pullModel(context, defaultModelId(context))
  return models.find(null)
}

/** Fetches a model of the catalogue, with its progress. */
export async function pullModel({ services, output, signal }: Context, id: string): Promise<Model> {
  const entry = services.models.catalogue().find((candidate) => candidate.id === id)
  if (entry !== undefined) output.note(`Fetching ${entry.name} (${formatBytes(entry.sizeBytes)}).`)
  return await drain(services.models.pull(id, signal), (event) => showModelProgress(output, event), signal)
}

export function showModelProgress(output: Output, { phase, doneBytes, totalBytes }: ModelProgress): void {
  const share = totalBytes === 0 ? 0 : doneBytes / totalBytes
  const verb = phase === 'download' ? 'Downloading' : 'Importing'
  output.progress(
    `${verb}: ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)} (${Math.floor(share * 100)} %)`,
    share,
  )
}

function defaultModelId({ services }: Context): string {
  const [entry] = services.models.catalogue()
  if (entry === undefined) {
    throw new Failure(
      'no-model',
      'No model is installed, and the catalogue has none to fetch. Import a GGUF file.',
    )
  }
  return entry.id
}
