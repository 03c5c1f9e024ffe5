import { Failure } from '../../contract/failure.ts'
import { TrainingPass } from '../../core/training/loss-gradient.ts'
import { createTokenizer } from '../../core/tokenizer/tokenizer.ts'
import type { LlamaCheckpoint } from '../../core/llama/llama-checkpoint.ts'
import { CheckpointWeights } from '../checkpoint-weights.ts'
import { openModelFiles } from '../open-checkpoint.ts'
import type { LoadedModel } from '../loaded-model.ts'
import type { EngineResources } from '../resources.ts'
import type { MergeSource, LogitSource } from './exporter.ts'
import { parityPrompts } from './parity.ts'

/**
 * A written model, layer by layer out of its files as an import reads them.
 *
 * @throws Failure `export-differs` where it reads text otherwise than the model here
 */
export async function openCheckpointLogits(
  { model }: MergeSource,
  path: string,
  { codecs, background }: EngineResources,
): Promise<LogitSource> {
  const files = openModelFiles(path)
  try {
    const checkpoint = files.open()
    checkText(model, checkpoint)
    const pass = await TrainingPass.open(background, new CheckpointWeights(checkpoint, codecs))
    return {
      logits: (ids) => pass.logits(ids),
      async close() {
        await pass.close()
        files.close()
      },
    }
  } catch (error) {
    files.close()
    throw error
  }
}

function checkText(model: LoadedModel, { tokenizer, chatTemplate }: LlamaCheckpoint): void {
  const { folder } = model
  const ids = parityPrompts(model)
  const written = tokenizer && createTokenizer(tokenizer)
  const isSame =
    chatTemplate === folder.chatTemplate &&
    (written === null) === (folder.tokenizer === null) &&
    (written === null ||
      ids.every(
        (prompt) =>
          written.encode(model.tokenizer.decode(prompt), { special: false }).join() === prompt.join(),
      ))
  if (isSame) return
  throw new Failure(
    'export-differs',
    'The written model reads text otherwise than the one here (tokenizer or chat template). Nothing was kept. Export it in another format.',
  )
}
