import type { Message } from '../../../contract/entities.ts'
import type { Connection } from '../connection.ts'

const select = `SELECT m.id, m.conversation_id AS conversationId, m.parent_id AS parentId, m.role, m.content,
    m.status, m.rating, e.id AS exampleId, m.adapter_id AS adapterId, m.strength,
    m.tokens_per_second AS tokensPerSecond, m.context_tokens AS contextTokens, m.context_from AS contextFrom,
    m.created_at AS createdAt
  FROM messages m LEFT JOIN examples e ON e.message_id = m.id AND e.deleted_at IS NULL`

/** `exampleId` is found through the examples; a message doesn't store it. */
export type NewMessage = Omit<Message, 'exampleId'>

export type MessagesTable = ReturnType<typeof messagesTable>

export function messagesTable(connection: Connection) {
  const list = connection.prepare<{ conversationId: string }, Message>(
    `${select} WHERE m.conversation_id = @conversationId ORDER BY m.number`,
  )
  const get = connection.prepare<{ id: string }, Message>(`${select} WHERE m.id = @id`)
  const append = connection.prepare<NewMessage>(
    `INSERT INTO messages (id, conversation_id, parent_id, role, content, status, rating, adapter_id, strength,
       tokens_per_second, context_tokens, context_from, created_at)
     VALUES (@id, @conversationId, @parentId, @role, @content, @status, @rating, @adapterId, @strength,
       @tokensPerSecond, @contextTokens, @contextFrom, @createdAt)`,
  )
  const rate = connection.prepare<{ id: string; rating: Message['rating'] }>(
    'UPDATE messages SET rating = @rating WHERE id = @id',
  )
  return {
    /** All branches, in the order they were said. */
    list: (conversationId: string): Message[] => list.all({ conversationId }),
    get: (id: string): Message | undefined => get.get({ id }),
    append(message: NewMessage): Message {
      append.run(message)
      return { ...message, exampleId: null }
    },
    rate: (id: string, rating: Message['rating']): void => void rate.run({ id, rating }),
  }
}
