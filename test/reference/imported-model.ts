import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Runtime } from '../../src-main/core/graph/runtime.ts'
import type { LlamaConfig } from '../../src-main/core/llama/config.ts'
import { importModel } from '../../src-main/engine/import-model.ts'
import { LoadedModel } from '../../src-main/engine/loaded-model.ts'
import { readModelFolder } from '../../src-main/engine/model-folder.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { onnxRuntime } from '../../src-main/engine/onnx-runtime.ts'

export const runtime = onnxRuntime({ threads: 2 })
export const codecs = loadCodecs()

type Use<T> = (model: LoadedModel, runtime: Runtime) => Promise<T>
/** Changes how a model's graphs are run. */
type RuntimeFor = (runtime: Runtime, config: LlamaConfig) => Runtime

/** Imports a GGUF file or Hugging Face folder into a temporary folder, and lends the model as the engine has it. */
export async function withImported<T>(
  sourcePath: string,
  use: Use<T>,
  runtimeFor: RuntimeFor = (same) => same,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'veranda-reference-'))
  try {
    await importInto(directory, sourcePath)
    return await withFolder(directory, use, runtimeFor)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Imports a GGUF file or Hugging Face folder into an empty folder. */
export async function importInto(directory: string, sourcePath: string): Promise<void> {
  const input = { sourcePath, targetDirectory: directory, name: 'reference' }
  for await (const _ of importModel({ codecs, background: runtime })(input, new AbortController().signal));
}

/** Lends a model that is imported already. */
export async function withFolder<T>(
  directory: string,
  use: Use<T>,
  runtimeFor: RuntimeFor = (same) => same,
): Promise<T> {
  const inUse = runtimeFor(runtime, readModelFolder(directory).model.config)
  const model = new LoadedModel(directory, inUse, codecs)
  try {
    return await use(model, inUse)
  } finally {
    await model.close()
  }
}
