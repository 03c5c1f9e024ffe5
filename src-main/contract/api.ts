/** The API for other programs of this machine. */
import { z } from 'zod'
import { failureMessage } from './told.ts'
import { procedure } from './procedure.ts'

const apiState = z.object({
  /** Whether this host can serve it. */
  isAvailable: z.boolean(),
  enabled: z.boolean(),
  port: z.number(),
  /** Where it answers; null while it doesn't. */
  address: z.string().nullable(),
  /** What every request must bear; null until it is first turned on. */
  key: z.string().nullable(),
  /** Why it doesn't answer though it is on. */
  problem: failureMessage.nullable(),
})

export const apiProcedures = {
  'api.state': procedure(z.object({}), z.never(), apiState),
  /** Turns it on or off, moves it, or withdraws the key for a new one. */
  'api.update': procedure(
    z.object({
      enabled: z.boolean().optional(),
      port: z.number().int().min(1).max(65_535).optional(),
      renewKey: z.boolean().optional(),
    }),
    z.never(),
    apiState,
  ),
} as const
