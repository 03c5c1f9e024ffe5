import type { Conversation } from '../../../contract/entities.ts'
import type { Connection } from '../connection.ts'

// A deleted adapter is no longer a conversation's adapter, but is again once it is restored.
const select = `SELECT c.id, c.title, c.model_id AS modelId, c.model_name AS modelName, a.id AS adapterId, c.strength,
    c.system_prompt AS systemPrompt, c.pinned, c.leaf_id AS leafId, c.draft, c.created_at AS createdAt,
    c.updated_at AS updatedAt
  FROM conversations c LEFT JOIN adapters a ON a.id = c.adapter_id AND a.deleted_at IS NULL`

type Row = Omit<Conversation, 'pinned'> & { readonly pinned: number }

export type ConversationsTable = ReturnType<typeof conversationsTable>

export function conversationsTable(connection: Connection) {
  const list = connection.prepare<object, Row>(
    `${select} WHERE c.deleted_at IS NULL ORDER BY c.pinned DESC, c.updated_at DESC, c.rowid DESC`,
  )
  const get = connection.prepare<{ id: string }, Row>(`${select} WHERE c.id = @id AND c.deleted_at IS NULL`)
  const insert = connection.prepare<Row>(
    `INSERT INTO conversations (id, title, model_id, model_name, adapter_id, strength, system_prompt, pinned, leaf_id, draft,
       created_at, updated_at)
     VALUES (@id, @title, @modelId, @modelName, @adapterId, @strength, @systemPrompt, @pinned, @leafId, @draft,
       @createdAt, @updatedAt)`,
  )
  const setTitle = connection.prepare<{ id: string; title: string }>(
    'UPDATE conversations SET title = @title WHERE id = @id',
  )
  const setModel = connection.prepare<{ id: string; modelId: string | null }>(
    `UPDATE conversations SET model_id = @modelId,
       model_name = coalesce((SELECT name FROM models WHERE id = @modelId), model_name) WHERE id = @id`,
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
  const setPinned = connection.prepare<{ id: string; pinned: number }>(
    'UPDATE conversations SET pinned = @pinned WHERE id = @id',
  )
  const setLeaf = connection.prepare<{ id: string; leafId: string }>(
    'UPDATE conversations SET leaf_id = @leafId WHERE id = @id',
  )
  const setDraft = connection.prepare<{ id: string; draft: string }>(
    'UPDATE conversations SET draft = @draft WHERE id = @id',
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
    /** Pinned ones first, then the one spoken in last. */
    list: (): Conversation[] => list.all({}).map(toConversation),
    get(id: string): Conversation | undefined {
      const row = get.get({ id })
      return row === undefined ? undefined : toConversation(row)
    },
    insert: (conversation: Conversation): void =>
      void insert.run({ ...conversation, pinned: Number(conversation.pinned) }),
    setTitle: (id: string, title: string): void => void setTitle.run({ id, title }),
    setModel: (id: string, modelId: string | null): void => void setModel.run({ id, modelId }),
    setAdapter: (id: string, adapterId: string | null): void => void setAdapter.run({ id, adapterId }),
    setStrength: (id: string, strength: number): void => void setStrength.run({ id, strength }),
    setSystemPrompt: (id: string, systemPrompt: string): void =>
      void setSystemPrompt.run({ id, systemPrompt }),
    setPinned: (id: string, pinned: boolean): void => void setPinned.run({ id, pinned: Number(pinned) }),
    /** The end of the path that is shown. */
    setLeaf: (id: string, leafId: string): void => void setLeaf.run({ id, leafId }),
    setDraft: (id: string, draft: string): void => void setDraft.run({ id, draft }),
    touch: (id: string, now: number): void => void touch.run({ id, now }),
    /** Whether there was one to delete. */
    remove: (id: string, now: number): boolean => mark.run({ id, deletedAt: now }) > 0,
    restore: (id: string): boolean => mark.run({ id, deletedAt: null }) > 0,
    purge: (): void => void purge.run({}),
  }
}

function toConversation(row: Row): Conversation {
  return { ...row, pinned: row.pinned === 1 }
}
