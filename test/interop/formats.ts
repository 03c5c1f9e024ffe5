import type { ExportFormat } from '../../src-main/contract/export-formats.ts'

export interface InteropFormat {
  /** PEFT stands on transformers, which reads whole models. */
  readonly program: 'PEFT' | 'llama.cpp'
  /**
   * How far logits may be apart where the base is in 16 bits. llama.cpp rounds its activations to 16 bits there;
   * over a quantised base to 8 bits, which is measured on the base alone and allowed for (over blocks by half a logit). So is what a merged model
   * lost by its format's rounding, as we read it ourselves.
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
  safetensors: { program: 'PEFT', tolerance: 1e-3 },
  'gguf:F16': { program: 'llama.cpp', tolerance: 0.05 },
  'gguf:Q8_0': { program: 'llama.cpp', tolerance: 0.5 },
  'gguf:Q4_1': { program: 'llama.cpp', tolerance: 0.5 },
  'gguf:Q4_0': { program: 'llama.cpp', tolerance: 0.5 },
}
