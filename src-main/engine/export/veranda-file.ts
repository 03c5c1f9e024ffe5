import { encodeAdapters } from '../../core/vera/adapter-file.ts'
import { readAdapters } from '../open-adapter.ts'
import { adapterDivergence } from './adapter-formats.ts'
import { openExactLogits } from './exact-logits.ts'
import type { Exporter } from './exporter.ts'
import { writeNewFile } from './write-file.ts'

/** Our own single file, which says whose it is and which model it is for. */
export const verandaFile: Exporter = {
  *write({ adapters, origin }, path) {
    writeNewFile(path, encodeAdapters(adapters, origin))
    yield 1
  },
  open({ model }, path, resources) {
    return openExactLogits(model, readAdapters(path, model.folder).adapters, resources)
  },
  maxDivergence: adapterDivergence,
}
