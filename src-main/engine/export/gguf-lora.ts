import { ggufDataBytes, writeGguf } from '../../core/checkpoint/gguf-writer.ts'
import { type AdaptedModel, ggufAdapter, readGgufAdapter } from '../../core/vera/gguf-adapter.ts'
import { asOne, type PortableAdapter } from '../../core/vera/to-lora.ts'
import { openFileSource } from '../file-source.ts'
import type { LoadedModel } from '../loaded-model.ts'
import { adapterDivergence } from './adapter-formats.ts'
import { openExactLogits } from './exact-logits.ts'
import type { Exporter } from './exporter.ts'
import { writePieces } from './write-file.ts'

/** A file that llama.cpp takes by `--lora`. */
export const ggufLora: Exporter = {
  async *write({ model, adapters, origin }, path) {
    const adapter = asOne(adapters, model.folder.model.config)
    const { metadata, tensors } = ggufAdapter(adapter, adaptedModel(model), origin)
    const totalBytes = ggufDataBytes(tensors)
    for await (const written of writePieces(path, writeGguf(metadata, tensors))) {
      yield Math.min(1, written / totalBytes)
    }
  },
  open: ({ model }, path, resources) => openExactLogits(model, [readGgufLora(path, model)], resources),
  maxDivergence: adapterDivergence,
}

/** @throws Failure as `readGgufAdapter` does */
export function readGgufLora(path: string, model: LoadedModel): PortableAdapter {
  const source = openFileSource(path)
  try {
    return readGgufAdapter(source, adaptedModel(model))
  } finally {
    source.close()
  }
}

function adaptedModel({ folder }: LoadedModel): AdaptedModel {
  return { architecture: folder.summary.architecture, config: folder.model.config }
}
