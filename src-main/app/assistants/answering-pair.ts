/** Which model and adapter answer, out of what was asked for. */
import type { Adapter, Model } from '../../contract/entities.ts'
import type { AdapterReference } from '../../engine/contract.ts'
import type { Models } from '../models/model-service.ts'
import type { AdapterFiles } from './adapter-files.ts'

/** As the engine takes them. */
export interface AnsweringPair {
  readonly modelDirectory: string
  readonly adapter: AdapterReference | null
}

export interface AskedPair {
  /** Id or name; null lets the adapter decide, else it is the default model. */
  readonly model: string | null
  readonly adapter: Adapter | null
  readonly strength: number
}

export type ResolvePair = (asked: AskedPair) => Promise<AnsweringPair>

/** Errors: those of finding a model, `model-files-missing`, `adapter-needs-model`. */
export function pairResolver(models: Models, files: AdapterFiles): ResolvePair {
  return async ({ model: askedModel, adapter, strength }) => {
    const model = askedModel === null ? modelOf(adapter, models) : models.find(askedModel)
    const modelDirectory = await models.directoryOf(model)
    return { modelDirectory, adapter: adapter && (await files.reference(adapter, strength, model)) }
  }
}

/** The model that the adapter was trained on, else the default one. */
export function modelOf(adapter: Adapter | null, models: Models): Model {
  const trainedOn = models.list().find((model) => model.sourceHash === adapter?.modelHash)
  return trainedOn ?? models.find(null)
}
