/** Adapters from elsewhere and for elsewhere. */
import { resolve } from 'node:path'
import type { Parity } from '../../../contract/entities.ts'
import { exportFormatNames } from '../../../contract/export-formats.ts'
import { command, type Command } from '../command.ts'
import { drain } from '../drain.ts'
import { formatBytes } from '../format.ts'
import { choice, text, UsageError } from '../options.ts'

const phases = { write: 'Writing', check: 'Comparing with the adapter here' } as const

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
    summary: 'Writes an adapter (N or N:STRENGTH) for other programs, reads it again and compares.',
    required: ['N'],
    options: {
      format: choice('what to write', exportFormatNames),
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
      return result
    },
  }),
]

function parityText(parity: Parity): string {
  const { prompts, tokens, largestDifference, largestDivergence, meanDivergence, sameChoices } = parity
  const number = (value: number): string => value.toPrecision(2)
  return (
    `Read again and compared on ${prompts} prompts (${tokens} tokens): logits differ by at most ` +
    `${number(largestDifference)}, the next token's probabilities by ${number(largestDivergence)} nats ` +
    `(mean ${number(meanDivergence)}); the likeliest token is the same in ${(100 * sameChoices).toFixed(1)} %.`
  )
}
