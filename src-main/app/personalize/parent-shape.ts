/** What a run that goes on from an adapter must share with it. */
import type { Adapter, TrainingSettings } from '../../contract/entities.ts'
import type { Changes } from '../services.ts'
import type { Storage } from '../storage/storage.ts'

/** The settings that decide which numbers an adapter has; of one that no run here made, as far as they are known. */
export function parentShape(parent: Adapter, { runs }: Storage): Changes<TrainingSettings> {
  const { rank, targets, projectionKey } = parent
  const made = parent.runId === null ? undefined : runs.get(parent.runId)?.settings
  if (made === undefined) return { rank, targets, projectionKey }
  const { method, ranks, layers, layerShare, bias, alpha, rsLora } = made
  return { rank, targets, projectionKey, method, ranks, layers, layerShare, bias, alpha, rsLora }
}
