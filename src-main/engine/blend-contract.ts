/** The part of the engine's contract that is about blends. */
import type { AdapterReference, ImportedAdapter } from './contract.ts'

export interface BlendOperations {
  /** Writes one adapter file to `targetPath` that adds up what the given ones do, each at its strength. */
  readonly blendAdapters: {
    readonly input: {
      readonly modelDirectory: string
      readonly adapters: readonly AdapterReference[]
      readonly targetPath: string
    }
    readonly event: never
    readonly result: ImportedAdapter
  }
}
