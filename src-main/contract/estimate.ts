import { z } from 'zod'

/** What a run would take, measured by a few of its steps before it begins. */
export const estimate = z.object({
  steps: z.number(),
  /** Of all steps, padding not counted. */
  tokens: z.number(),
  trainableParameters: z.number(),
  measuredSteps: z.number(),
  /** 0 where no step fits the memory. */
  tokensPerSecond: z.number(),
  trainingMs: z.number(),
  /** For what is measured and answered before, between and after the steps. */
  otherMs: z.number(),
  peakMemoryBytes: z.number(),
  /** What the engine had and could still have. */
  availableMemoryBytes: z.number(),
  longestTokens: z.number(),
  passTokens: z.number(),
  /** `in-smaller-passes`: not every step at once, but every example. */
  fits: z.enum(['yes', 'in-smaller-passes', 'no']),
  exampleCount: z.number(),
  heldOutCount: z.number(),
  /** Whether another run was learning meanwhile, which makes it look slower. */
  besideRun: z.boolean(),
})
export type Estimate = z.infer<typeof estimate>
