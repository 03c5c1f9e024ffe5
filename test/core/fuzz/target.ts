import { readFileSync } from 'node:fs'

/** What a person may open, and what is damaged of it. */
export interface Target {
  readonly name: string
  /** Opens as it is. */
  readonly seedFile: Uint8Array
  /** Bytes from the start that are worth damaging; all of them by default. */
  readonly header?: number
  readonly inputs: number
  /** How it is damaged; bytes of its header by default. */
  readonly damage?: (file: Uint8Array, random: () => number) => Uint8Array
  open(bytes: Uint8Array): unknown
}

const golden = new URL('../../golden/', import.meta.url)

export const bytesOf = (path: string): Uint8Array => Uint8Array.from(readFileSync(new URL(path, golden)))

/** Of a safetensors file. */
export const headerOf = (file: Uint8Array): number => 8 + new DataView(file.buffer).getUint32(0, true)

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
