/** The part of the procedures that is about adapters, shown to people as assistants. */
import { z } from 'zod'
import { adapter, chatMessage, run } from './entities.ts'
import { done, id, ids, name, never, nothing, procedure } from './procedure.ts'

export const adapterProcedures = {
  'adapters.list': procedure(nothing, never, z.array(adapter)),
  'adapters.rename': procedure(z.object({ id, name }), never, adapter),
  'adapters.note': procedure(z.object({ id, notes: z.string().max(10_000) }), never, adapter),
  /** All conversations with one of these adapters go over to this one; returns which, and what they had before. */
  'adapters.adopt': procedure(
    z.object({ id, fromIds: ids }),
    never,
    z.array(z.object({ conversationId: z.string(), adapterId: z.string() })),
  ),
  'adapters.remove': procedure(z.object({ id }), never, done),
  'adapters.restore': procedure(z.object({ id }), never, adapter),
  /** A new assistant that adds up what those do, each times its weight; it stays when they are deleted. */
  'adapters.blend': procedure(
    z.object({
      name,
      parts: z
        .array(z.object({ id, weight: z.number().min(0).max(1.5) }))
        .min(1)
        .max(8),
    }),
    never,
    adapter,
  ),
  /** The examples the adapter was made of, as they were then, and a SHA-256 over them. */
  'adapters.lineage': procedure(
    z.object({ id }),
    never,
    z.object({
      fingerprint: z.string(),
      examples: z.array(z.object({ id: z.string(), messages: z.array(chatMessage), heldOut: z.boolean() })),
    }),
  ),
  /** Queues a run that makes a new adapter of the same settings and examples but these. */
  'adapters.forget': procedure(z.object({ id, exampleIds: z.array(id).min(1) }), never, run),
} as const
