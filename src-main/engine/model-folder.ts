/**
 * An imported model: a folder with `model.json` (what it is and where its tensors are), `weights.bin`,
 * `tokenizer.json` and `model.onnx` (the decoder as an ordinary ONNX file over `weights.bin`).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import type { StoredModel } from '../core/llama/stored-model.ts'
import type { TokenizerDefinition } from '../core/tokenizer/definition.ts'
import type { ModelSummary } from './contract.ts'

export const weightsFile = 'weights.bin'
export const manifestFile = 'model.json'
const tokenizerFile = 'tokenizer.json'
export const graphFile = 'model.onnx'

/** Raised when the layout of the folder changes; folders of another version have to be imported again. */
const folderVersion = 1

export interface ModelManifest {
  readonly version: number
  readonly summary: ModelSummary
  readonly model: StoredModel
  readonly chatTemplate: string | null
}

export interface ModelFolder extends ModelManifest {
  readonly directory: string
  readonly tokenizer: TokenizerDefinition | null
}

/** Writes all of a model folder but its weights and its graph, durably. */
export function writeModelFolder(
  directory: string,
  { summary, model, chatTemplate, tokenizer }: Omit<ModelFolder, 'version' | 'directory'>,
): void {
  const manifest: ModelManifest = { version: folderVersion, summary, model, chatTemplate }
  writeFileSync(join(directory, tokenizerFile), JSON.stringify(tokenizer), { flush: true })
  writeFileSync(join(directory, manifestFile), JSON.stringify(manifest), { flush: true })
}

export function readModelFolder(directory: string): ModelFolder {
  const manifest = readJson<ModelManifest>(directory, manifestFile)
  if (manifest.version !== folderVersion) {
    throw new Failure(
      'model-folder-version',
      sentence`The model in ${directory} was imported by another version of Veranda. Remove it and import it again.`,
    )
  }
  return { ...manifest, directory, tokenizer: readJson<TokenizerDefinition | null>(directory, tokenizerFile) }
}

/** These files are our own: written by the import, in a folder that becomes the model's only when complete. */
function readJson<T>(directory: string, file: string): T {
  try {
    const json: unknown = JSON.parse(readFileSync(join(directory, file), 'utf8'))
    return json as T
  } catch (cause) {
    throw new Failure(
      'model-folder-broken',
      sentence`The model in ${directory} can't be opened (${file}). Remove it and import it again.`,
      { cause },
    )
  }
}
