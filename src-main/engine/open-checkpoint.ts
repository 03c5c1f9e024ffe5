import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import { type LlamaCheckpoint, openGguf, openHuggingFaceFolder } from '../core/llama/llama-checkpoint.ts'
import { openFileSource } from './file-source.ts'

/** The files of a published model: a GGUF file, or those of a Hugging Face folder. */
export interface ModelFiles {
  /** In the order of their names. */
  readonly paths: readonly string[]
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
  const paths = isDirectory ? filesOf(path) : [path]
  const files = new Map(paths.map((file) => [basename(file), openFileSource(file)]))
  const sources = [...files.values()]
  return {
    paths,
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

function filesOf(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(json|safetensors|jinja)$|^tokenizer\.model$/.test(entry.name))
    .map((entry) => entry.name)
    .toSorted()
    .map((name) => join(directory, name))
}
