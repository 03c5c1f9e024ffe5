/** Adapters from elsewhere and for elsewhere. */
import { resolve } from 'node:path'
import type { Parity } from '../../../contract/entities.ts'
import { type ExportFormat, exportFormatNames } from '../../../contract/export-formats.ts'
import { command, type Command } from '../command.ts'
import { drain } from '../drain.ts'
import { formatBytes } from '../../../contract/format-bytes.ts'
import { choice, type Option, text, UsageError } from '../options.ts'

const phases = { write: 'Writing', check: 'Comparing with the adapter here' } as const

/** `gguf` alone is the one that loses nothing to speak of. */
const exportFormat: Option<ExportFormat> = {
  ...choice('what to write; gguf is gguf:F16', exportFormatNames),
  read: (given, name) => choice('', exportFormatNames).read(given === 'gguf' ? 'gguf:F16' : given, name),
}

export const transferCommands: readonly Command[] = [
  command({
    words: 'adapters import',
    summary:
      'Adds an adapter: a .veranda-adapter file, a PEFT folder (VeRA or LoRA) or a llama.cpp LoRA in GGUF.',
    required: ['PATH'],
    options: {
      name: text('N', 'call it so instead of by its own name'),
      model: text('ID', 'its base model, where the adapter doesn’t say it'),
    },
    async run({ services, output, signal }, { positionals: [path = ''], values }) {
      const adapter = await services.adapters.import(
        {
          source: { kind: 'path', path: resolve(path) },
          name: values.name ?? null,
          model: values.model ?? null,
        },
        signal,
      )
      output.line(
        `“${adapter.name}” is there: rank ${adapter.rank}, ${formatBytes(adapter.sizeBytes)}, for ${adapter.modelId}.`,
      )
      return adapter
    },
  }),
  command({
    words: 'adapters export',
    summary:
      'Writes an adapter (N or N:STRENGTH), or its model with it merged in, for other programs, reads it again and compares.',
    required: ['N'],
    options: {
      format: exportFormat,
      out: text('PATH', 'the file or folder to make; nothing may be there yet'),
    },
    needs: ['format', 'out'],
    async run({ services, output, signal }, { positionals: [name = ''], values: { format, out } }) {
      if (format === undefined || out === undefined) throw new UsageError('--format or --out is missing.')
      const result = await drain(
        services.adapters.export(name, { format, path: resolve(out) }, signal),
        ({ phase, share }) => output.progress(`${phases[phase]}: ${Math.round(share * 100)} %`, share),
        signal,
      )
      output.line(`${result.path}: ${formatBytes(result.sizeBytes)}.`)
      output.line(parityText(result.parity))
      if (result.withoutAdapter !== null)
        output.line(mergedText(format, result.parity, result.withoutAdapter))
      return result
    },
  }),
]

function mergedText(format: ExportFormat, parity: Parity, withoutAdapter: Parity): string {
  const kept = Math.max(0, 1 - parity.meanDivergence / withoutAdapter.meanDivergence)
  const warning = /Q4/.test(format)
    ? ' Four bits a weight can lose what an adapter learned: compare these numbers.'
    : ''
  return (
    `The model without the adapter is ${withoutAdapter.meanDivergence.toPrecision(2)} nats away in the mean; ` +
    `of what the adapter changes, the export keeps ${(100 * kept).toFixed(1)} %.${warning}`
  )
}

function parityText(parity: Parity): string {
  const { prompts, tokens, largestDifference, largestDivergence, meanDivergence, sameChoices } = parity
  const number = (value: number): string => value.toPrecision(2)
  return (
    `Read again and compared on ${prompts} prompts (${tokens} tokens): logits differ by at most ` +
    `${number(largestDifference)}, the next token's probabilities by ${number(largestDivergence)} nats ` +
    `(mean ${number(meanDivergence)}); the likeliest token is the same in ${(100 * sameChoices).toFixed(1)} %.`
  )
}
