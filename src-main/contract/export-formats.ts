/** What an assistant can be taken elsewhere as. This file imports nothing: screens read it too. */

export interface ExportShape {
  /** Whether a folder is written, or one file. */
  readonly isFolder: boolean
  /** What its name ends in. */
  readonly extension: string
}

/** By the name that the command line takes, in the order in which they are offered. */
export const exportFormats = {
  veranda: { isFolder: false, extension: '.veranda-adapter' },
  peft: { isFolder: true, extension: '-peft' },
  'peft-with-projections': { isFolder: true, extension: '-peft' },
  lora: { isFolder: true, extension: '-lora' },
  'gguf-lora': { isFolder: false, extension: '-lora.gguf' },
} as const satisfies Readonly<Record<string, ExportShape>>

export type ExportFormat = keyof typeof exportFormats

export const exportFormatNames = Object.keys(exportFormats) as ExportFormat[]
