import { z } from 'zod'
import { trainingPreset, trainingSettings } from './entities.ts'
import { id, name } from './procedure.ts'

/** What a run is started with. */
export const personalizeInput = z.object({
  name,
  modelId: id,
  exampleIds: z.array(id).nullable(),
  preset: trainingPreset.optional(),
  /** Over what the preset sets. */
  settings: trainingSettings.partial(),
  /** Share of the examples that is only measured, never learned. */
  heldOutRatio: z.number().min(0).max(0.5),
  /** Questions that are answered while it learns. */
  probes: z.array(z.string().trim().min(1).max(2000)).max(5).optional(),
  /** The adapter to go on from, which has the shape settings (rank, layers …) for both. */
  parentId: id.nullable().optional(),
})
