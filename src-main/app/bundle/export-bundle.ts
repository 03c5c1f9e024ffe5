/** “Train elsewhere”: the approved examples, the settings and a script for PEFT, as one folder. */
import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { Engine } from '../../engine/contract.ts'
import { exportExamples } from '../examples/export-examples.ts'
import type { Examples } from '../examples/example-service.ts'
import type { Models } from '../models/model-service.ts'
import { mergeSettings } from '../personalize/merge-settings.ts'
import { presetSettings } from '../personalize/presets.ts'
import type { Services } from '../services.ts'

export interface BundleOptions {
  readonly engine: Engine
  readonly models: Models
  readonly examples: Examples
  readonly resourcesDirectory: string
  /** Where a name without a folder goes. */
  readonly exportDirectory: string
}

/** Of `resources/bundle`. */
const ownFiles = ['train.py', 'README.md'] as const

export function bundleExport(options: BundleOptions): Services['exportBundle'] {
  const { engine, models, examples, exportDirectory } = options
  return async function* ({ modelId, preset, settings, includesModel, path }, signal) {
    const model = models.find(modelId)
    const approved = examples.approved()
    if (approved.length === 0) {
      throw new Failure('no-examples', 'There are no approved examples to learn from. Approve some first.')
    }
    const dataset = [...exportExamples(approved, 'openai')].map(({ text }) => text).join('')
    const input = {
      modelDirectory: await models.directoryOf(model),
      settings: mergeSettings(presetSettings(preset, model.parameterCount), settings),
      files: { ...(await readOwnFiles(options.resourcesDirectory)), 'dataset.jsonl': dataset },
      includesModel,
      path: isAbsolute(path) ? path : join(exportDirectory, path),
    }
    const result = yield* engine.run('exportBundle', input, signal)
    return { ...result, examples: approved.length }
  }
}

async function readOwnFiles(resourcesDirectory: string): Promise<Record<string, string>> {
  const folder = join(resourcesDirectory, 'bundle')
  try {
    const read = ownFiles.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)
    return Object.fromEntries(await Promise.all(read))
  } catch (cause) {
    throw new Failure(
      'bundle-unreadable',
      sentence`The files of ${folder} can't be read. Install Veranda again.`,
      {
        cause,
      },
    )
  }
}
