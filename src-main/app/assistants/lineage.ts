/** What an adapter was made of: its run's settings and an immutable copy of its examples. */
import { createHash } from 'node:crypto'
import type { Run } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { ProcedureResult } from '../../contract/procedures.ts'
import type { Storage } from '../storage/storage.ts'
import type { Adapters } from './adapter-service.ts'

export type Lineage = ProcedureResult<'adapters.lineage'>

/** @throws Failure `adapter-not-found`, `lineage-unknown` where the adapter was made elsewhere or its run is gone */
export function lineageOf(storage: Storage, adapters: Adapters, adapterId: string): Lineage & { run: Run } {
  const adapter = adapters.get(adapterId)
  const run = adapter.runId === null ? undefined : storage.runs.get(adapter.runId)
  if (run === undefined) {
    throw new Failure(
      'lineage-unknown',
      sentence`What “${adapter.name}” was made of is not known: it was not trained here, or its run is gone.`,
    )
  }
  const { training, heldOut } = storage.runs.dataset(run.id)
  const examples = [
    ...training.map((example) => ({ ...example, messages: [...example.messages], heldOut: false })),
    ...heldOut.map((example) => ({ ...example, messages: [...example.messages], heldOut: true })),
  ]
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([training, heldOut]))
    .digest('hex')
  return { run, fingerprint, examples }
}
