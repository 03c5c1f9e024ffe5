import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import { encodeAdapters } from '../core/vera/adapter-file.ts'
import { maxParts } from '../core/vera/blend-file.ts'
import { withStrength } from '../core/vera/live-adapter.ts'
import { adapterSummary } from './adapter-summary.ts'
import { explainDiskFull } from './disk-full.ts'
import { writeNewFile } from './export/write-file.ts'
import { readAdapters } from './open-adapter.ts'
import type { Operation } from './operation-table.ts'
import type { EngineResources } from './resources.ts'

/** Writes one adapter file that does what several do together, each at its strength. */
export function blendAdapters(resources: EngineResources): Operation<'blendAdapters'> {
  // oxlint-disable-next-line require-yield -- it has no events
  return async function* ({ modelDirectory, adapters, targetPath }) {
    const { folder } = resources.model(modelDirectory)
    const parts = adapters.flatMap((reference) =>
      readAdapters(reference.path, folder).adapters.map((part) => withStrength(part, reference.strength)),
    )
    if (parts.length > maxParts) {
      throw new Failure(
        'blend-too-large',
        sentence`A blend can hold ${maxParts} assistants, and this one would hold ${parts.length}. Leave some out.`,
      )
    }
    const bytes = encodeAdapters(parts)
    try {
      writeNewFile(targetPath, bytes)
    } catch (error) {
      throw explainDiskFull(error, sentence`the blend could not be written to ${targetPath}`)
    }
    return adapterSummary(parts, bytes)
  }
}
