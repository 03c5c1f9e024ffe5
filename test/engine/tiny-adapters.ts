import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeAdapter } from '../../src-main/core/vera/adapter-file.ts'
import { initialVectors } from '../../src-main/core/vera/initial-vectors.ts'
import { layoutVera } from '../../src-main/core/vera/layout.ts'
import { TorchGenerator } from '../../src-main/core/vera/random.ts'
import type { AdapterReference, TrainingSettings } from '../../src-main/engine/contract.ts'
import type { ModelFolder } from '../../src-main/engine/model-folder.ts'
import { tinySettings } from './tiny-run.ts'

/** Writes an adapter file with random vectors that change what a model says. */
export function writeAdapter(
  directory: string,
  { model, summary }: ModelFolder,
  seed: number,
  changes: Partial<TrainingSettings> & { readonly outputRank?: number } = {},
): AdapterReference {
  const settings = { ...tinySettings, ...changes }
  const layout = layoutVera(model.config, settings)
  const generator = new TorchGenerator(seed)
  const vectors = initialVectors(layout, 0.1).map((value) => value + generator.float64() - 0.5)
  const path = join(directory, `adapter-${seed}.safetensors`)
  const about = { baseModelHash: summary.sourceHash, chatTemplateHash: 'none', createdBy: 'test' }
  writeFileSync(path, encodeAdapter({ ...settings, ...about }, layout, vectors))
  return { path, strength: 1 }
}
