/** The models of the comparison, each with an adapter that changes what it says. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeAdapter } from '../../src-main/core/vera/adapter-file.ts'
import type { VeraSettings } from '../../src-main/core/vera/adapter-settings.ts'
import { layoutVera } from '../../src-main/core/vera/layout.ts'
import { rand, TorchGenerator } from '../../src-main/core/vera/random.ts'
import { LINEAR_KINDS } from '../../src-main/core/llama/linear-kinds.ts'
import { mergedGguf } from '../../src-main/engine/export/merged-gguf.ts'
import { mergedSafetensors } from '../../src-main/engine/export/merged-safetensors.ts'
import { readModelFolder } from '../../src-main/engine/model-folder.ts'
import type { EngineResources } from '../../src-main/engine/resources.ts'
import { type GeneratedShape, otherShapes, writeGeneratedModel } from '../engine/generated-model.ts'
import { importInto } from '../reference/imported-model.ts'
import { fetchDefault } from '../runner/model.ts'
import type { Program } from './program.ts'

interface InteropModel {
  readonly name: string
  /** A GGUF file that all programs read, or a shape to make a model of. */
  readonly source: string | GeneratedShape
  readonly adapter: VeraSettings
  /** λ_b of the adapter: uniform in ± this. */
  readonly lambdaB: number
}

const tiny: InteropModel = {
  name: 'tiny F16',
  source: new URL('../golden/reference/gguf-quants/tiny-llama-tied-F16.gguf', import.meta.url).pathname,
  adapter: { rank: 16, targets: LINEAR_KINDS, layers: null, projectionKey: 7, dInitial: 0.1 },
  lambdaB: 0.5,
}

export async function interopModels(withDefault: boolean): Promise<readonly InteropModel[]> {
  const all = [tiny, ...Object.entries(otherShapes).map(([name, source]) => ({ ...tiny, name, source }))]
  if (!withDefault) return all
  const { name, path } = await fetchDefault()
  const adapter = { ...tiny.adapter, rank: 64, projectionKey: 0 }
  return [...all, { name, source: path, adapter, lambdaB: 0.5 }]
}

export interface PreparedModel {
  readonly name: string
  /** The model alone, as each program reads it. */
  readonly files: Readonly<Record<Program['name'], string>>
  /** The imported model's folder. */
  readonly directory: string
  /** The adapter's file. */
  readonly adapter: string
}

/** Imports the model into a folder and puts its adapter beside it. */
export async function prepare(
  resources: EngineResources,
  model: InteropModel,
  folder: string,
): Promise<PreparedModel> {
  const directory = join(folder, 'model')
  mkdirSync(directory, { recursive: true })
  const { source: given } = model
  const source = typeof given === 'string' ? given : writeGeneratedModel(join(folder, 'source'), given)
  await importInto(directory, source)
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
  const files =
    typeof given === 'string'
      ? { PEFT: given, 'llama.cpp': given }
      : await writeBase(resources, directory, folder)
  return { name: model.name, files, directory, adapter }
}

/** A model alone, as each program reads it. */
async function writeBase(
  resources: EngineResources,
  directory: string,
  folder: string,
): Promise<PreparedModel['files']> {
  const files = { PEFT: join(folder, 'base'), 'llama.cpp': join(folder, 'base.gguf') }
  const base = { model: resources.model(directory), adapters: [], origin: { name: null } }
  for await (const _ of mergedSafetensors().write(base, files.PEFT, resources));
  for await (const _ of mergedGguf('F16').write(base, files['llama.cpp'], resources));
  return files
}
