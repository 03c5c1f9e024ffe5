import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { weightName } from '../../core/llama/stored-model.ts'
import { type BaseTensor, readPeftAdapter, writePeftAdapter } from '../../core/vera/peft-adapter.ts'
import { toLora, type PortableAdapter } from '../../core/vera/to-lora.ts'
import type { LoadedModel } from '../loaded-model.ts'
import { adapterDivergence, checkSeparate } from './adapter-formats.ts'
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
    *write({ model, adapter, origin }, path) {
      checkSeparate(model.folder)
      const portable: PortableAdapter = asLora ? toLora(adapter, model.folder.model.config) : adapter
      const options = { baseModelName: origin.baseModelName, savesProjections, origin }
      const written = writePeftAdapter(portable, options, baseTensorOf(model))
      mkdirSync(path)
      writeNewFile(join(path, peftConfigFile), written.config)
      writeNewFile(join(path, peftTensorFile), written.tensors)
      yield 1
    },
    open: ({ model }, path, resources) => openExactLogits(model, readPeftFolder(path, model), resources),
    maxDivergence: adapterDivergence,
  }
}

/** @throws Failure as `readPeftAdapter` does */
export function readPeftFolder(path: string, model: LoadedModel) {
  return readPeftAdapter(
    readFileSync(join(path, peftConfigFile), 'utf8'),
    readFileSync(join(path, peftTensorFile)),
    model.folder.model.config,
    baseTensorOf(model),
  )
}

function baseTensorOf({ weights, folder }: LoadedModel): BaseTensor {
  const output = weightName(folder.model.config, 'lm_head')
  return (name, count) => {
    const values = new Float32Array(count)
    weights.read(name === 'lm_head.weight' ? output : name, values)
    return values
  }
}
