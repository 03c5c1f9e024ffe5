import { readFileSync } from 'node:fs'
import { checkBaseModel, decodeAdapter, encodeAdapter } from '../../core/vera/adapter-file.ts'
import { adapterDivergence } from './adapter-formats.ts'
import { openExactLogits } from './exact-logits.ts'
import type { Exporter } from './exporter.ts'
import { writeNewFile } from './write-file.ts'

/** Our own single file, which says whose it is and which model it is for. */
export const verandaFile: Exporter = {
  *write({ adapter, origin }, path) {
    const { settings, layout, vectors, storedProjections } = adapter
    writeNewFile(path, encodeAdapter(settings, layout, vectors, storedProjections, origin))
    yield 1
  },
  open({ model }, path, resources) {
    const adapter = decodeAdapter(readFileSync(path), model.folder.model.config)
    checkBaseModel(adapter.settings, model.folder.summary.sourceHash)
    return openExactLogits(model, adapter, resources)
  },
  maxDivergence: adapterDivergence,
}
