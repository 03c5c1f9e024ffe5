import { Failure } from '../../contract/failure.ts'
import { architectureOf } from './architectures.ts'
import type { LlamaConfig } from './config.ts'

/** `what`: what the model has that files of the wanted kind have no place for. */
export function notPortableModel(what: string): Failure {
  return new Failure(
    'model-not-portable',
    `This model can't be written as a whole in this format because of ${what}. Choose another format, or export the adapter alone.`,
  )
}

/** @throws Failure `model-not-portable` for what no whole model is written with yet */
export function checkPortable(config: LlamaConfig, architectureName: string): void {
  if (architectureOf(architectureName).offsetNorms)
    throw notPortableModel(`its architecture, ${architectureName}`)
  if (config.windowedLayers !== undefined) throw notPortableModel('layers of which only some have a window')
}
