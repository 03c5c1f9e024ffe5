import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { sentence } from '../../contract/sentence.ts'
import { architectureOf } from '../../core/llama/architectures.ts'
import { fusedLayout } from '../../core/vera/fused-adapter.ts'
import { layoutVera } from '../../core/vera/layout.ts'
import { writePeftAdapter } from '../../core/vera/peft-adapter.ts'
import type { OperationInput, TrainingSettings } from '../contract.ts'
import type { LoadedModel } from '../loaded-model.ts'
import type { Operation } from '../operation-table.ts'
import type { EngineResources } from '../resources.ts'
import { adaptedLayers } from '../run-plan.ts'
import { mergedSafetensors } from './merged-safetensors.ts'
import { goOn, wholeOrNothing } from './whole-or-nothing.ts'
import { writeNewFile } from './write-file.ts'
import { writtenBytes } from './written-bytes.ts'

/** A folder from which an adapter can be trained with PEFT, elsewhere: see resources/bundle. */
export function exportBundle(resources: EngineResources): Operation<'exportBundle'> {
  return async function* (input, signal) {
    const { path } = input
    return yield* wholeOrNothing(
      path,
      sentence`the bundle could not be written to ${path}`,
      async function* (folder) {
        const model = resources.model(input.modelDirectory)
        mkdirSync(folder)
        for (const [name, text] of Object.entries(filesOf(input, model)))
          writeNewFile(join(folder, name), text)
        if (input.includesModel) {
          const source = { model, adapters: [], origin: { name: model.folder.summary.name } }
          for await (const share of mergedSafetensors().write(source, join(folder, 'model'), resources)) {
            yield { share }
            await goOn(signal)
          }
        }
        return { path, sizeBytes: writtenBytes(folder) }
      },
    )
  }
}

function filesOf(
  { settings, files }: OperationInput<'exportBundle'>,
  model: LoadedModel,
): Readonly<Record<string, string>> {
  return {
    ...files,
    'adapter_config.json': peftConfig(settings, model),
    // Of the model without the folder beside it, too, whose own may have changed.
    'chat_template.jinja': model.chatTemplate,
    'training.json': `${JSON.stringify(hyperparameters(settings, model), null, 2)}\n`,
  }
}

/** Of the adapter that such a run would make. @throws Failure `adapter-not-peft` */
function peftConfig(settings: TrainingSettings, { folder }: LoadedModel): string {
  const { config } = folder.model
  const targets = { ...settings, layers: adaptedLayers(settings, config.layerCount) }
  const own = layoutVera(config, targets)
  const ranks = new Map(own.sites.map(({ module, rank }) => [module, rank]))
  // The whole of a fused matrix, where a part of it is to be adapted.
  const layout = architectureOf(folder.summary.architecture).fused
    ? fusedLayout(config, targets, ({ parts }) =>
        Math.max(0, ...parts.map(({ module }) => ranks.get(module) ?? 0)),
      )
    : own
  const adapter = {
    settings: targets,
    layout,
    vectors: new Float32Array(layout.length),
    storedProjections: null,
  }
  const options = { baseModelName: folder.summary.name, savesProjections: false }
  return writePeftAdapter(adapter, options, () => new Float32Array(0)).config
}

function hyperparameters(settings: TrainingSettings, { folder, tokenizer }: LoadedModel) {
  const { epochs, batchTokens, learningRate, weightDecay, clipNorm, warmupRatio, schedule, seed } = settings
  const { optimizer, momentum, lambdaDRate, lambdaBRate } = settings
  return {
    model: folder.summary.name,
    modelHash: folder.summary.sourceHash,
    contextLength: folder.model.config.contextLength,
    endTokenIds: tokenizer.eosIds,
    epochs,
    batchTokens,
    learningRate,
    weightDecay,
    clipNorm,
    warmupRatio,
    schedule,
    optimizer,
    momentum,
    lambdaDRate,
    lambdaBRate,
    seed,
  }
}
