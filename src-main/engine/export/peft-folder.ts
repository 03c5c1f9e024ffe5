import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { architectureOf } from '../../core/llama/architectures.ts'
import { weightName } from '../../core/llama/stored-model.ts'
import { fuseLora } from '../../core/vera/fused-adapter.ts'
import { type BaseTensor, readPeftAdapter, writePeftAdapter } from '../../core/vera/peft-adapter.ts'
import { readFusedPeftAdapter } from '../../core/vera/peft-fused.ts'
import { asOne, toLora, type PortableAdapter } from '../../core/vera/to-lora.ts'
import type { LoadedModel } from '../loaded-model.ts'
import type { ModelFolder } from '../model-folder.ts'
import { adapterDivergence } from './adapter-formats.ts'
import { openExactLogits } from './exact-logits.ts'
import type { Exporter } from './exporter.ts'
import { writeNewFile } from './write-file.ts'

export const peftConfigFile = 'adapter_config.json'
export const peftTensorFile = 'adapter_model.safetensors'

/**
 * A folder that PEFT's `from_pretrained` takes.
 *
 * @param asLora whether VeRA is written in its LoRA form
 */
export function peftExporter(asLora: boolean, savesProjections: boolean): Exporter {
  return {
    *write({ model, adapters, origin }, path) {
      const portable = portableOf(model, adapters, asLora)
      const options = { baseModelName: origin.baseModelName, savesProjections, origin }
      const written = writePeftAdapter(portable, options, baseTensorOf(model))
      mkdirSync(path)
      writeNewFile(join(path, peftConfigFile), written.config)
      writeNewFile(join(path, peftTensorFile), written.tensors)
      yield 1
    },
    open: ({ model }, path, resources) => openExactLogits(model, [readPeftFolder(path, model)], resources),
    maxDivergence: adapterDivergence,
  }
}

/** What PEFT has a place for: several adapters are one in their LoRA form only. */
function portableOf(
  { folder }: LoadedModel,
  adapters: readonly PortableAdapter[],
  asLora: boolean,
): PortableAdapter {
  const { config } = folder.model
  const one = asOne(adapters, config)
  const portable = asLora ? toLora(one, config) : one
  if (!isFused(folder)) return portable
  if (portable.layout.method === 'lora') return fuseLora(portable, config)
  throw new Failure(
    'adapter-not-portable',
    sentence`Other programs have ${folder.summary.name}'s query, key and value matrices as one, and no VeRA of it does what this adapter does to each. Export it as LoRA, which is exact.`,
  )
}

/** @throws Failure as `readPeftAdapter` does */
export function readPeftFolder(path: string, model: LoadedModel) {
  const config = readFileSync(join(path, peftConfigFile), 'utf8')
  const tensors = readFileSync(join(path, peftTensorFile))
  const { config: llamaConfig } = model.folder.model
  return isFused(model.folder)
    ? readFusedPeftAdapter(config, tensors, llamaConfig)
    : readPeftAdapter(config, tensors, llamaConfig, baseTensorOf(model))
}

function isFused({ summary }: ModelFolder): boolean {
  return architectureOf(summary.architecture).fused
}

function baseTensorOf({ weights, folder }: LoadedModel): BaseTensor {
  const output = weightName(folder.model.config, 'lm_head')
  return (name, count) => {
    const values = new Float32Array(count)
    weights.read(name === 'lm_head.weight' ? output : name, values)
    return values
  }
}
