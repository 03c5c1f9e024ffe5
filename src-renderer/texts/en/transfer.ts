import type { ExportFormat } from '../../../src-main/contract/export-formats.ts'
import { counter } from '../counter.ts'

const count = counter('en')

/** Assistants that come from elsewhere or go elsewhere. */
export const transfer = {
  export: 'Export…',
  exportTitle: (name: string) => `Export “${name}”`,
  exportAction: 'Export',
  format: 'What is it for?',
  formats: {
    veranda: {
      title: 'Another Veranda',
      text: 'One small file to send to a friend. They need the same model.',
    },
    peft: {
      title: 'Python with PEFT',
      text: 'A folder for Hugging Face PEFT. The random matrices are made again from their key.',
    },
    'peft-with-projections': {
      title: 'Python with PEFT, with the random matrices',
      text: 'Larger, but does not depend on how another version makes random numbers.',
    },
    lora: {
      title: 'Programs that read LoRA',
      text: 'A PEFT folder in the exact LoRA form: the same answers, a larger file.',
    },
    'gguf-lora': {
      title: 'llama.cpp and programs built on it',
      text: 'One GGUF file, given to llama.cpp beside the model with --lora.',
    },
    safetensors: {
      title: 'The whole model for Python, the assistant in it',
      text: 'A folder of safetensors for transformers, as large as the model in 16 bits.',
    },
    'gguf:F16': {
      title: 'The whole model for llama.cpp, in 16 bits',
      text: 'One GGUF file with the assistant in it. Large, and nearly exact.',
    },
    'gguf:Q8_0': {
      title: 'The whole model for llama.cpp, in 8 bits',
      text: 'Half as large, and hardly different.',
    },
    'gguf:Q4_1': {
      title: 'The whole model for llama.cpp, in 4 bits',
      text: 'Small. Four bits can lose what the assistant learned; how much is measured.',
    },
    'gguf:Q4_0': {
      title: 'The whole model for llama.cpp, in 4 bits, the smallest',
      text: 'Smaller still, and a little rougher.',
    },
  } satisfies Readonly<Record<ExportFormat, { readonly title: string; readonly text: string }>>,
  path: 'File or folder to make',
  pathHint: 'A name alone is put into your downloads folder. Nothing is ever written over.',
  pathNeeded: 'Write a path first.',
  pick: 'Choose where…',
  progress: 'Progress of the export',
  writing: 'Writing…',
  checking: 'Reading it again and comparing its answers…',
  stop: 'Stop',
  exportFailed: 'The assistant could not be exported',
  exported: (path: string, size: string) => `Exported to ${path}, ${size}.`,
  compared: (prompts: number, tokens: number) =>
    `It was read again and compared with the assistant here on ${count(prompts, { one: 'fixed text', other: 'fixed texts' })} of ${count(tokens, { one: 'token', other: 'tokens' })} in all.`,
  sameChoices: 'Same likeliest next token',
  largestDifference: 'Largest difference of a logit',
  largestDivergence: 'Largest divergence of probabilities',
  meanDivergence: 'Mean divergence',
  withoutAdapter: 'Mean divergence of the model without the assistant',
  kept: 'Kept of what the assistant changes',
  nats: (number: string) => `${number} nats`,
  import: 'Import an assistant…',
  importTitle: 'Import an assistant',
  importText:
    'A .veranda-adapter file, a PEFT folder (VeRA or LoRA), or a LoRA for llama.cpp. It works only with the model it was made for.',
  importAction: 'Import',
  importPath: 'Path of the file or folder',
  importPathHint: 'As it is on the machine that runs Veranda.',
  importFailed: 'The assistant could not be imported',
  imported: (name: string) => `“${name}” is here.`,
  drop: 'Drop the file here; of a PEFT folder the folder or both its files.',
  choose: 'Choose files…',
  model: 'Its model',
  modelHint: 'To be chosen only where the file does not say it.',
  modelOfFile: 'The one that the file names',
}
