import type { ExportFormat } from '../../src-main/contract/export-formats.ts'

export interface InteropFormat {
  readonly program: 'PEFT' | 'llama.cpp'
  /**
   * How far logits may be apart where the base is in 16 bits. llama.cpp rounds its activations to 16 bits there;
   * over a quantised base to 8 bits, which is measured on the base alone and allowed for.
   */
  readonly tolerance: number
}

/** What each exported format is run by. Our own file has only us. */
export const interopFormats: Readonly<Record<ExportFormat, InteropFormat | null>> = {
  veranda: null,
  peft: { program: 'PEFT', tolerance: 1e-3 },
  'peft-with-projections': { program: 'PEFT', tolerance: 1e-3 },
  lora: { program: 'PEFT', tolerance: 1e-3 },
  'gguf-lora': { program: 'llama.cpp', tolerance: 0.05 },
}
