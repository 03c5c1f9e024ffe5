import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import { type LlamaCheckpoint, openGguf, openHuggingFaceFolder } from '../core/llama/llama-checkpoint.ts'
import { type FileSource, openFileSource } from './file-source.ts'

/** The files of a published model: a GGUF file, or those of a Hugging Face folder. */
export interface ModelFiles {
  /** In the order of their names. */
  readonly sources: readonly FileSource[]
  readonly totalBytes: number
  /** Reads what the files say of the model; its weights are read when they are asked for. */
  open(): LlamaCheckpoint
  close(): void
}

/** @throws Failure `file-missing` where there is neither file nor folder */
export function openModelFiles(path: string): ModelFiles {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory()
  if (isDirectory === undefined) {
    throw new Failure(
      'file-missing',
      sentence`There is no file or folder ${path}. Check the path and try again.`,
    )
  }
  const files = isDirectory ? filesOf(path) : new Map([[basename(path), openFileSource(path)]])
  const sources = [...files.values()]
  return {
    sources,
    totalBytes: sources.reduce((sum, source) => sum + source.size, 0),
    open() {
      const [file] = sources
      return isDirectory || file === undefined ? openHuggingFaceFolder(files) : openGguf(file)
    },
    close() {
      for (const source of sources) source.close()
    },
  }
}

function filesOf(directory: string): ReadonlyMap<string, FileSource> {
  const names = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(json|safetensors|jinja)$|^tokenizer\.model$/.test(entry.name))
    .map((entry) => entry.name)
    .toSorted()
  return new Map(names.map((name) => [name, openFileSource(join(directory, name))]))
}
