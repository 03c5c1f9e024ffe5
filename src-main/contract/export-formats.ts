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
} as const satisfies Readonly<Record<string, ExportShape>>

export type ExportFormat = keyof typeof exportFormats

export const exportFormatNames = Object.keys(exportFormats) as ExportFormat[]
