import { readFileSync } from 'node:fs'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import { checkBaseModel, decodeAdapter } from '../core/vera/adapter-file.ts'
import { initialVectors } from '../core/vera/initial-vectors.ts'
import type { VeraLayout } from '../core/vera/layout.ts'
import type { TrainInput } from './contract.ts'
import type { LoadedModel } from './loaded-model.ts'

/**
 * What a run's vectors are before its first step: those of the adapter that it goes on from, else the method's own
 * start.
 *
 * @throws Failure `start-other-shape` where that adapter has other layers, ranks or projections than the run,
 *   `start-missing`, and those of `decodeAdapter`
 */
export function startVectors(
  { folder }: LoadedModel,
  { settings, startPath = null }: Pick<TrainInput, 'settings' | 'startPath'>,
  layout: VeraLayout,
): Float32Array {
  if (startPath === null) return initialVectors(layout, settings.dInitial, settings.projectionKey)
  const bytes = readStart(startPath)
  const start = decodeAdapter(bytes, folder.model.config)
  checkBaseModel(start.settings, folder.summary.sourceHash)
  const sameKey = layout.method === 'lora' || start.settings.projectionKey === settings.projectionKey
  const sameShape = JSON.stringify(start.layout) === JSON.stringify(layout)
  if (sameShape && sameKey && start.storedProjections === null) return start.vectors
  throw new Failure(
    'start-other-shape',
    'The assistant to go on from has other layers, ranks or projections than this run. Leave those settings as they are, or start a new assistant.',
  )
}

function readStart(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new Failure(
      'start-missing',
      sentence`The vectors to go on from, ${path}, can't be read. Start a new run.`,
      { cause },
    )
  }
}
