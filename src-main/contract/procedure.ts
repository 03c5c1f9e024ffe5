/** What the tables of procedures are made of. */
import { z } from 'zod'

export const id = z.string().min(1).max(100)
export const name = z.string().trim().min(1).max(200)
export const path = z.string().min(1).max(4096)
/** The events of a procedure that has none. */
export const never = z.never()

/** What a procedure takes, tells while it works, and ends with. */
export function procedure<I extends z.ZodType, E extends z.ZodType, R extends z.ZodType>(
  input: I,
  event: E,
  result: R,
) {
  return { input, event, result }
}
