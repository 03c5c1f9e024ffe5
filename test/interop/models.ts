/** The models of the comparison, each with an adapter that changes what it says. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeAdapter } from '../../src-main/core/vera/adapter-file.ts'
import type { VeraSettings } from '../../src-main/core/vera/adapter-settings.ts'
import { layoutVera } from '../../src-main/core/vera/layout.ts'
import { rand, TorchGenerator } from '../../src-main/core/vera/random.ts'
import { LINEAR_KINDS } from '../../src-main/core/llama/linear-kinds.ts'
import { readModelFolder } from '../../src-main/engine/model-folder.ts'
import { importInto } from '../reference/imported-model.ts'
import { fetchDefault } from '../runner/model.ts'

interface InteropModel {
  readonly name: string
  /** What all programs read. */
  readonly gguf: string
  readonly adapter: VeraSettings
  /** λ_b of the adapter: uniform in ± this. */
  readonly lambdaB: number
}

const tiny: InteropModel = {
  name: 'tiny F16',
  gguf: new URL('../golden/reference/gguf-quants/tiny-llama-tied-F16.gguf', import.meta.url).pathname,
  adapter: { rank: 16, targets: LINEAR_KINDS, layers: null, projectionKey: 7, dInitial: 0.1 },
  lambdaB: 0.5,
}

export async function interopModels(withDefault: boolean): Promise<readonly InteropModel[]> {
  if (!withDefault) return [tiny]
  const { name, path } = await fetchDefault()
  const adapter = { ...tiny.adapter, rank: 64, projectionKey: 0 }
  return [tiny, { name, gguf: path, adapter, lambdaB: 0.5 }]
}

export interface PreparedModel {
  readonly name: string
  readonly gguf: string
  /** The imported model's folder. */
  readonly directory: string
  /** The adapter's file. */
  readonly adapter: string
}

/** Imports the model into a folder and puts its adapter beside it. */
export async function prepare(model: InteropModel, folder: string): Promise<PreparedModel> {
  const directory = join(folder, 'model')
  mkdirSync(directory, { recursive: true })
  await importInto(directory, model.gguf)
  const { summary, model: stored } = readModelFolder(directory)
  const layout = layoutVera(stored.config, model.adapter)
  const generator = new TorchGenerator(1)
  const vectors = rand(generator, layout.length).map((value) => 2 * value - 1)
  for (const { name, start, length } of layout.sites.flatMap(({ parts }) => parts)) {
    if (name !== 'lambda_b') continue
    for (let i = start; i < start + length; i++) vectors[i] = (vectors[i] ?? 0) * model.lambdaB
  }
  const settings = {
    ...model.adapter,
    baseModelHash: summary.sourceHash,
    chatTemplateHash: '',
    createdBy: 'interop',
  }
  const adapter = join(folder, 'adapter.safetensors')
  writeFileSync(adapter, encodeAdapter(settings, layout, vectors))
  return { name: model.name, gguf: model.gguf, directory, adapter }
}
