/** What is taken elsewhere and what comes from there. */
import { z } from 'zod'
import { adapter, parity, trainingPreset, trainingSettings } from './entities.ts'
import { exportFormatNames } from './export-formats.ts'
import { id, name, never, path, procedure } from './procedure.ts'

export const transferProcedures = {
  /** Writes an assistant for other programs, where nothing is yet, then reads it again and compares. */
  'adapters.export': procedure(
    z.object({
      id,
      strength: z.number().min(0).max(1.5),
      format: z.enum(exportFormatNames),
      /** A name alone is put into the folder for downloads. */
      path,
    }),
    z.object({ phase: z.enum(['write', 'check']), share: z.number() }),
    z.object({ path: z.string(), sizeBytes: z.number(), parity, withoutAdapter: parity.nullable() }),
  ),
  /** Adds the assistant of a file or folder, which lies at a path or whose bytes the page has. */
  'adapters.import': procedure(
    z.object({
      source: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('path'), path }),
        z.object({
          kind: z.literal('files'),
          files: z
            .array(z.object({ name: z.string().min(1).max(255), base64: z.string().max(90_000_000) }))
            .min(1)
            .max(20),
        }),
      ]),
      name: name.nullable(),
      /** null: the model that it says it is for. */
      modelId: id.nullable(),
    }),
    never,
    adapter,
  ),
  /** Writes the approved examples, settings and a script: an adapter can be trained of them elsewhere, with PEFT. */
  'bundle.export': procedure(
    z.object({
      modelId: id.nullable(),
      preset: trainingPreset.optional(),
      settings: trainingSettings.partial(),
      includesModel: z.boolean(),
      /** A name alone is put into the folder for downloads. */
      path,
    }),
    z.object({ share: z.number() }),
    z.object({ path: z.string(), sizeBytes: z.number(), examples: z.number() }),
  ),
} as const
