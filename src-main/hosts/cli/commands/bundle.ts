import { resolve } from 'node:path'
import { linearKind, trainingPreset, trainingSettings } from '../../../contract/entities.ts'
import { command } from '../command.ts'
import { drain } from '../drain.ts'
import { formatBytes } from '../../../contract/format-bytes.ts'
import { count } from '../format.ts'
import { choice, decimal, flag, integer, list, text } from '../options.ts'

export const bundleCommand = command({
  words: 'bundle export',
  summary:
    'Writes the approved examples, the settings and a script, to train an adapter elsewhere with PEFT on Accelerate.',
  options: {
    out: text('PATH', 'the folder to make; nothing may be there yet'),
    model: text('ID', 'the base model, by id or name'),
    preset: choice('what learning may cost; balanced unless told otherwise', trainingPreset.options),
    method: choice('how the model is added to', trainingSettings.shape.method.options),
    rank: integer('R', 'rank of the projections', 1, 4096),
    targets: list('layers to adapt, between commas', linearKind.options),
    epochs: integer('E', 'how often each example is learned', 1, 1000),
    'learning-rate': decimal('L', 'highest learning rate', 1e-9, 10),
    'batch-tokens': integer('T', 'tokens of one optimizer step', 16, 1_000_000),
    'without-model': flag('leave the base model out: the script is then told where it is'),
  },
  async run({ services, output, signal }, { values }) {
    const { out = 'veranda-bundle', model = null, preset, method, rank, targets, epochs } = values
    const [learningRate, batchTokens] = [values['learning-rate'], values['batch-tokens']]
    const request = {
      modelId: model,
      ...(preset !== undefined && { preset }),
      settings: {
        ...(method !== undefined && { method }),
        ...(rank !== undefined && { rank }),
        ...(targets !== undefined && { targets: [...targets] }),
        ...(epochs !== undefined && { epochs }),
        ...(learningRate !== undefined && { learningRate }),
        ...(batchTokens !== undefined && { batchTokens }),
      },
      includesModel: values['without-model'] !== true,
      path: resolve(out),
    }
    const result = await drain(
      services.exportBundle(request, signal),
      ({ share }) => output.progress(`Writing: ${Math.round(share * 100)} %`, share),
      signal,
    )
    output.line(
      `${result.path}: ${count(result.examples, 'example')}, ${formatBytes(result.sizeBytes)}. Its README.md says how it is trained.`,
    )
    return result
  },
})
