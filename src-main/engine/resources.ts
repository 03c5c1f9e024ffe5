import type { Runtime } from '../core/graph/runtime.ts'
import { Foreground } from './foreground.ts'
import { HeldAdapters } from './held-adapters.ts'
import { LoadedModel } from './loaded-model.ts'
import type { Codecs } from './native-codecs.ts'

/** What the engine's operations share. */
export class EngineResources {
  readonly runtime: Runtime
  readonly codecs: Codecs
  readonly foreground = new Foreground()
  readonly adapters: HeldAdapters
  /** For trainings and measurements: waits while a chat runs. */
  readonly background: Runtime
  readonly #models = new Map<string, LoadedModel>()

  constructor(runtime: Runtime, codecs: Codecs, isExact = false) {
    this.adapters = new HeldAdapters(isExact)
    this.runtime = runtime
    this.codecs = codecs
    this.background = this.foreground.behind(runtime)
  }

  model(directory: string): LoadedModel {
    const known = this.#models.get(directory)
    if (known !== undefined) return known
    const model = new LoadedModel(directory, this.runtime, this.codecs)
    this.#models.set(directory, model)
    return model
  }

  async release(directory: string): Promise<void> {
    const model = this.#models.get(directory)
    this.#models.delete(directory)
    await model?.close()
  }
}
