/** What the tables of procedures are written with. */
import { z } from 'zod'

export const id = z.string().min(1).max(100)
export const ids = z.array(id).min(1).max(1_000_000)
export const name = z.string().trim().min(1).max(200)
export const path = z.string().min(1).max(4096)
export const nothing = z.object({})
export const done = z.null()
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
