import type { Conversation } from '../../../contract/entities.ts'
import type { Connection } from '../connection.ts'

// A deleted adapter is no longer a conversation's adapter, but is again once it is restored.
const select = `SELECT c.id, c.title, c.model_id AS modelId, a.id AS adapterId, c.strength,
    c.system_prompt AS systemPrompt, c.created_at AS createdAt, c.updated_at AS updatedAt
  FROM conversations c LEFT JOIN adapters a ON a.id = c.adapter_id AND a.deleted_at IS NULL`

export type ConversationsTable = ReturnType<typeof conversationsTable>

export function conversationsTable(connection: Connection) {
  const list = connection.prepare<object, Conversation>(
    `${select} WHERE c.deleted_at IS NULL ORDER BY c.updated_at DESC, c.rowid DESC`,
  )
  const get = connection.prepare<{ id: string }, Conversation>(
    `${select} WHERE c.id = @id AND c.deleted_at IS NULL`,
  )
  const insert = connection.prepare<Conversation>(
    `INSERT INTO conversations (id, title, model_id, adapter_id, strength, system_prompt, created_at, updated_at)
     VALUES (@id, @title, @modelId, @adapterId, @strength, @systemPrompt, @createdAt, @updatedAt)`,
  )
  const setTitle = connection.prepare<{ id: string; title: string }>(
    'UPDATE conversations SET title = @title WHERE id = @id',
  )
  const setModel = connection.prepare<{ id: string; modelId: string | null }>(
    'UPDATE conversations SET model_id = @modelId WHERE id = @id',
  )
  const setAdapter = connection.prepare<{ id: string; adapterId: string | null }>(
    'UPDATE conversations SET adapter_id = @adapterId WHERE id = @id',
  )
  const setStrength = connection.prepare<{ id: string; strength: number }>(
    'UPDATE conversations SET strength = @strength WHERE id = @id',
  )
  const setSystemPrompt = connection.prepare<{ id: string; systemPrompt: string }>(
    'UPDATE conversations SET system_prompt = @systemPrompt WHERE id = @id',
  )
  const touch = connection.prepare<{ id: string; now: number }>(
    // Later than any other, also within one millisecond or after the clock was set back.
    `UPDATE conversations SET updated_at =
       max(@now, (SELECT coalesce(max(updated_at) + 1, 0) FROM conversations WHERE id <> @id)) WHERE id = @id`,
  )
  const mark = connection.prepare<{ id: string; deletedAt: number | null }>(
    'UPDATE conversations SET deleted_at = @deletedAt WHERE id = @id AND (deleted_at IS NULL) <> (@deletedAt IS NULL)',
  )
  const purge = connection.prepare<object>('DELETE FROM conversations WHERE deleted_at IS NOT NULL')
  return {
    /** The one spoken in last comes first. */
    list: (): Conversation[] => list.all({}),
    get: (id: string): Conversation | undefined => get.get({ id }),
    insert: (conversation: Conversation): void => void insert.run(conversation),
    setTitle: (id: string, title: string): void => void setTitle.run({ id, title }),
    setModel: (id: string, modelId: string | null): void => void setModel.run({ id, modelId }),
    setAdapter: (id: string, adapterId: string | null): void => void setAdapter.run({ id, adapterId }),
    setStrength: (id: string, strength: number): void => void setStrength.run({ id, strength }),
    setSystemPrompt: (id: string, systemPrompt: string): void =>
      void setSystemPrompt.run({ id, systemPrompt }),
    touch: (id: string, now: number): void => void touch.run({ id, now }),
    /** Whether there was one to delete. */
    remove: (id: string, now: number): boolean => mark.run({ id, deletedAt: now }) > 0,
    restore: (id: string): boolean => mark.run({ id, deletedAt: null }) > 0,
    purge: (): void => void purge.run({}),
  }
}
