import { z } from 'zod'
import { adapterParent, linearKind, type Adapter } from '../../../contract/entities.ts'
import type { Connection } from '../connection.ts'

// An adapter belongs to a base model by its hash: a model that was removed and fetched again is the same one.
const columns = `a.id, a.name,
  coalesce((SELECT m.id FROM models m WHERE m.source_hash = a.model_hash ORDER BY m.id = a.model_id DESC LIMIT 1),
    a.model_id) AS modelId,
  a.model_hash AS modelHash, a.rank, a.targets, a.projection_key AS projectionKey,
  a.parameter_count AS parameterCount, length(a.file) AS sizeBytes, a.run_id AS runId,
  a.origin, a.parents, a.notes, a.loss_before AS lossBefore, a.loss_after AS lossAfter, a.created_at AS createdAt`

type Row = Omit<Adapter, 'targets' | 'parents'> & { readonly targets: string; readonly parents: string }

/** An adapter file: safetensors with the vectors, and all of its settings in its metadata. */
export interface AdapterFile {
  readonly file: Uint8Array
  /** SHA-256 (hex). */
  readonly fileHash: string
  readonly modelName: string
  readonly chatTemplateHash: string | null
}

const storedTargets = z.array(linearKind)
const storedParents = z.array(adapterParent)

export type AdaptersTable = ReturnType<typeof adaptersTable>

export function adaptersTable(connection: Connection) {
  const list = connection.prepare<object, Row>(
    `SELECT ${columns} FROM adapters a WHERE a.deleted_at IS NULL ORDER BY a.created_at DESC, a.rowid DESC`,
  )
  const get = connection.prepare<{ id: string }, Row>(
    `SELECT ${columns} FROM adapters a WHERE a.id = @id AND a.deleted_at IS NULL`,
  )
  const deletedName = connection.prepare<{ id: string }, { name: string }>(
    'SELECT name FROM adapters WHERE id = @id AND deleted_at IS NOT NULL',
  )
  const file = connection.prepare<{ id: string }, AdapterFile>(
    `SELECT file, file_hash AS fileHash, model_name AS modelName, chat_template_hash AS chatTemplateHash
     FROM adapters WHERE id = @id`,
  )
  const insert = connection.prepare<Row & AdapterFile>(
    `INSERT INTO adapters (id, name, model_id, model_name, model_hash, chat_template_hash, rank, targets,
       projection_key, parameter_count, file, file_hash, run_id, origin, parents, notes, loss_before, loss_after, created_at)
     VALUES (@id, @name, @modelId, @modelName, @modelHash, @chatTemplateHash, @rank, @targets,
       @projectionKey, @parameterCount, @file, @fileHash, @runId, @origin, @parents, @notes, @lossBefore, @lossAfter, @createdAt)`,
  )
  const rename = connection.prepare<{ id: string; name: string }>(
    'UPDATE adapters SET name = @name WHERE id = @id',
  )
  const note = connection.prepare<{ id: string; notes: string }>(
    'UPDATE adapters SET notes = @notes WHERE id = @id',
  )
  const mark = connection.prepare<{ id: string; deletedAt: number | null }>(
    'UPDATE adapters SET deleted_at = @deletedAt WHERE id = @id',
  )
  const purge = connection.prepare<object>('DELETE FROM adapters WHERE deleted_at IS NOT NULL')
  return {
    /** Newest first. */
    list: (): Adapter[] => list.all({}).map(toAdapter),
    get(id: string): Adapter | undefined {
      const row = get.get({ id })
      return row === undefined ? undefined : toAdapter(row)
    },
    deletedName: (id: string): string | undefined => deletedName.get({ id })?.name,
    file: (id: string): AdapterFile | undefined => file.get({ id }),
    insert: (adapter: Adapter, made: AdapterFile): void =>
      void insert.run({
        ...adapter,
        targets: JSON.stringify(adapter.targets),
        parents: JSON.stringify(adapter.parents),
        ...made,
      }),
    rename: (id: string, name: string): void => void rename.run({ id, name }),
    setNotes: (id: string, notes: string): void => void note.run({ id, notes }),
    remove: (id: string, now: number): void => void mark.run({ id, deletedAt: now }),
    restore: (id: string): void => void mark.run({ id, deletedAt: null }),
    purge: (): void => void purge.run({}),
  }
}

function toAdapter(row: Row): Adapter {
  return {
    ...row,
    targets: storedTargets.parse(JSON.parse(row.targets)),
    parents: storedParents.parse(JSON.parse(row.parents)),
  }
}
