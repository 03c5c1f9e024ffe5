import type { ExportFormat } from '../../contract/export-formats.ts'
import type { Exporter } from './exporter.ts'
import { ggufLora } from './gguf-lora.ts'
import { mergedGguf } from './merged-gguf.ts'
import { mergedSafetensors } from './merged-safetensors.ts'
import { peftExporter } from './peft-folder.ts'
import { verandaFile } from './veranda-file.ts'

/** How each format is written and read again. */
export const exporters: Readonly<Record<ExportFormat, Exporter>> = {
  veranda: verandaFile,
  peft: peftExporter(false, false),
  'peft-with-projections': peftExporter(false, true),
  lora: peftExporter(true, false),
  'gguf-lora': ggufLora,
  safetensors: mergedSafetensors(),
  'gguf:F16': mergedGguf('F16'),
  'gguf:Q8_0': mergedGguf('Q8_0'),
  'gguf:Q4_1': mergedGguf('Q4_1'),
  'gguf:Q4_0': mergedGguf('Q4_0'),
}
