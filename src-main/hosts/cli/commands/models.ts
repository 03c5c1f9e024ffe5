import { resolve } from 'node:path'
import { inEnglish } from '../../../contract/sentence.ts'
import type { Model } from '../../../contract/entities.ts'
import type { MemoryNeeded } from '../../../contract/memory-needed.ts'
import { command, type Command } from '../command.ts'
import { drain } from '../drain.ts'
import { pullModel, showModelProgress } from '../ensure-model.ts'
import { formatBytes } from '../../../contract/format-bytes.ts'
import { formatParameters, formatTable } from '../format.ts'
import { bits, text } from '../options.ts'

/** For what this machine has memory. */
const roomFor: Readonly<Record<MemoryNeeded['fits'], string>> = {
  both: 'fits',
  chat: 'fits for chat alone',
  training: 'fits for training alone',
  none: 'does not fit',
}

export const modelCommands: readonly Command[] = [
  command({
    words: 'models list',
    summary: 'Lists the installed models, and those that can be fetched.',
    options: {},
    async run({ services, output }) {
      const models = services.models.list()
      const catalogue = services.models.catalogue()
      const available = catalogue.filter(({ installed }) => !installed)
      output.line(models.length === 0 ? 'No model is installed.' : modelTable(models))
      if (available.length > 0) {
        const rows = available.map(({ id, sizeBytes, memory, licence, description }) => [
          id,
          formatBytes(sizeBytes),
          `${formatBytes(memory.chatBytes)} (${roomFor[memory.fits]})`,
          licence,
          description,
        ])
        output.line(
          `\nTo be fetched with “veranda models pull ID”:\n${formatTable(['ID', 'SIZE', 'MEMORY', 'LICENCE', 'WHAT'], rows)}`,
        )
      }
      return { models: models.map(inPlainWords), catalogue }
    },
  }),
  command({
    words: 'models pull',
    summary: 'Fetches a model of the catalogue; goes on with a download that was cut.',
    required: ['ID'],
    options: {},
    async run(context, { positionals: [id = ''] }) {
      const model = await pullModel(context, id)
      context.output.line(`${model.name} is installed.`)
      return inPlainWords(model)
    },
  }),
  command({
    words: 'models import',
    summary: 'Imports a model from a GGUF file or a Hugging Face folder.',
    required: ['PATH'],
    options: {
      name: text('N', 'call it so instead of by its own name'),
      quantize: bits('quantise float weights to so many bits, and measure what that costs'),
    },
    async run({ services, output, signal }, { positionals: [path = ''], values }) {
      const source = { path: resolve(path), name: values.name ?? null, quantize: values.quantize ?? null }
      const model = await drain(
        services.models.import(source, signal),
        (event) => showModelProgress(output, event),
        signal,
      )
      output.line(`${model.name} is installed as ${model.id}: ${inEnglish(model.quantization)}.`)
      return inPlainWords(model)
    },
  }),
  command({
    words: 'models remove',
    summary: 'Removes an installed model and its files; adapters of it stay.',
    required: ['ID'],
    options: {},
    async run({ services, output }, { positionals: [id = ''] }) {
      const model = services.models.find(id)
      await services.models.remove(model.id)
      output.line(`${model.name} was removed.`)
      return { removed: model.id }
    },
  }),
]

/** For scripts. */
function inPlainWords(model: Model) {
  return { ...model, quantization: inEnglish(model.quantization) }
}

function modelTable(models: readonly Model[]): string {
  return formatTable(
    ['ID', 'NAME', 'PARAMETERS', 'WEIGHTS', 'CONTEXT', 'SIZE'],
    models.map((model) => [
      model.id,
      model.name,
      formatParameters(model.parameterCount),
      inEnglish(model.quantization),
      String(model.contextLength),
      formatBytes(model.sizeBytes),
    ]),
  )
}
