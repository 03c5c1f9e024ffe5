/** How a screen and a host talk, over any ordered message channel (an Electron MessagePort, a WebSocket). */
import { z } from 'zod'
import type { FailureMessage } from './failure.ts'

export const clientMessage = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('call'),
    id: z.number().int(),
    procedure: z.string().max(100),
    input: z.unknown(),
  }),
  z.object({ kind: z.literal('cancel'), id: z.number().int() }),
])
export type ClientMessage = z.infer<typeof clientMessage>

export type ServerMessage =
  | { readonly kind: 'event'; readonly id: number; readonly event: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: FailureMessage }

/** One end of the channel. */
export interface Channel<Incoming, Outgoing> {
  send(message: Outgoing): void
  /** Sets the one receiver of this end. */
  receive(listener: (message: Incoming) => void): void
  /** Called once when the other end is gone. */
  closed(listener: () => void): void
}
