import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExportFormat } from '../../../src-main/contract/export-formats.ts'
import { encodeAdapter } from '../../../src-main/core/vera/adapter-file.ts'
import type { AdapterSettings } from '../../../src-main/core/vera/adapter-settings.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { rand, TorchGenerator } from '../../../src-main/core/vera/random.ts'
import type { AdapterReference, ExportResult, Quantizing } from '../../../src-main/engine/contract.ts'
import { exportAdapter } from '../../../src-main/engine/export/export-adapter.ts'
import { importModel } from '../../../src-main/engine/import-model.ts'
import { readModelFolder } from '../../../src-main/engine/model-folder.ts'
import { type GeneratedShape, writeGeneratedModel } from '../generated-model.ts'
import { engineResources, finish, temporaryFolder } from '../tiny-chat-model.ts'

export const resources = engineResources()

export interface ModelWithAdapter {
  readonly modelDirectory: string
  readonly adapter: AdapterReference
}

/** A model of random weights as the engine has it, and an adapter that changes what it says. */
export async function modelWithAdapter(
  shape: GeneratedShape,
  quantize: Quantizing | null = null,
): Promise<ModelWithAdapter> {
  const modelDirectory = temporaryFolder()
  const sourcePath = writeGeneratedModel(temporaryFolder(), shape)
  const input = { sourcePath, targetDirectory: modelDirectory, name: 'generated', quantize }
  await finish(importModel(resources)(input, new AbortController().signal))
  return { modelDirectory, adapter: writeAdapter(modelDirectory, { bias: 'all', ranks: { '0.k_proj': 4 } }) }
}

/** An adapter of all kinds of layers, of random numbers up to `largest`. */
export function writeAdapter(
  modelDirectory: string,
  changes: Partial<AdapterSettings>,
  seed = 1,
  largest = 0.6,
): AdapterReference {
  const { model, summary } = readModelFolder(modelDirectory)
  const settings: AdapterSettings = {
    rank: 8,
    targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
    layers: null,
    projectionKey: 3,
    dInitial: 0.1,
    baseModelHash: summary.sourceHash,
    chatTemplateHash: '',
    createdBy: 'test',
    ...changes,
  }
  const layout = layoutVera(model.config, settings)
  const vectors = rand(new TorchGenerator(seed), layout.length).map((value) => value * largest)
  const path = join(temporaryFolder(), 'adapter.safetensors')
  writeFileSync(path, encodeAdapter(settings, layout, vectors))
  return { path, strength: 1 }
}

export async function exported(
  given: ModelWithAdapter,
  format: ExportFormat,
  path = join(temporaryFolder(), 'out'),
): Promise<ExportResult> {
  const signal = new AbortController().signal
  return (await finish(exportAdapter(resources)({ ...given, format, name: 'Pim', path }, signal))).result
}
