import type { z } from 'zod'

/** What a procedure takes, tells while it works, and ends with. */
export function procedure<I extends z.ZodType, E extends z.ZodType, R extends z.ZodType>(
  input: I,
  event: E,
  result: R,
) {
  return { input, event, result }
}
