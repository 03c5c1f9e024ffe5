/** What an assistant can be taken elsewhere as. This file imports nothing: screens read it too. */

export interface ExportShape {
  /** Whether it is the adapter alone, which can be imported again, or the model with it. */
  readonly isAdapter: boolean
  /** Whether a folder is written, or one file. */
  readonly isFolder: boolean
  /** What its name ends in. */
  readonly extension: string
}

/** By the name that the command line takes, in the order in which they are offered. */
export const exportFormats = {
  veranda: { isAdapter: true, isFolder: false, extension: '.veranda-adapter' },
  peft: { isAdapter: true, isFolder: true, extension: '-peft' },
  'peft-with-projections': { isAdapter: true, isFolder: true, extension: '-peft' },
  lora: { isAdapter: true, isFolder: true, extension: '-lora' },
  'gguf-lora': { isAdapter: true, isFolder: false, extension: '-lora.gguf' },
  safetensors: { isAdapter: false, isFolder: true, extension: '-merged' },
  'gguf:F16': { isAdapter: false, isFolder: false, extension: '-F16.gguf' },
  'gguf:Q8_0': { isAdapter: false, isFolder: false, extension: '-Q8_0.gguf' },
  'gguf:Q4_1': { isAdapter: false, isFolder: false, extension: '-Q4_1.gguf' },
  'gguf:Q4_0': { isAdapter: false, isFolder: false, extension: '-Q4_0.gguf' },
} as const satisfies Readonly<Record<string, ExportShape>>

export type ExportFormat = keyof typeof exportFormats

export const exportFormatNames = Object.keys(exportFormats) as ExportFormat[]
