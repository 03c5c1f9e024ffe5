import type { ExportFormat } from '../../contract/export-formats.ts'
import type { Exporter } from './exporter.ts'
import { ggufLora } from './gguf-lora.ts'
import { peftExporter } from './peft-folder.ts'
import { verandaFile } from './veranda-file.ts'

/** How each format is written and read again. */
export const exporters: Readonly<Record<ExportFormat, Exporter>> = {
  veranda: verandaFile,
  peft: peftExporter(false, false),
  'peft-with-projections': peftExporter(false, true),
  lora: peftExporter(true, false),
  'gguf-lora': ggufLora,
}
