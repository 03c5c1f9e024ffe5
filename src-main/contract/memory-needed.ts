import { z } from 'zod'

/** What a model needs of the machine's memory, about. */
export const memoryNeeded = z.object({
  chatBytes: z.number(),
  trainingBytes: z.number(),
  /** Whether a training took so much here, else it is an estimate. */
  isMeasured: z.boolean(),
  /** All that the machine has. */
  machineBytes: z.number(),
  /** What there is room for beside the system and other programs. */
  fits: z.enum(['both', 'chat', 'training', 'none']),
})
export type MemoryNeeded = z.infer<typeof memoryNeeded>
