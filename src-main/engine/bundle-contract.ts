/** The engine's part in training elsewhere. */
import type { TrainingSettings } from './contract.ts'

export interface BundleOperations {
  /** Writes what a run would learn, and how, as a folder for PEFT. */
  readonly exportBundle: {
    readonly input: {
      readonly modelDirectory: string
      readonly settings: TrainingSettings
      /** More of the folder's files: their texts by name. */
      readonly files: Readonly<Record<string, string>>
      /** Whether the folder holds the base model, for transformers. */
      readonly includesModel: boolean
      /** Where nothing is yet. */
      readonly path: string
    }
    readonly event: { readonly share: number }
    readonly result: { readonly path: string; readonly sizeBytes: number }
  }
}
