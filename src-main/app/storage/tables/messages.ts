import type { Message } from '../../../contract/entities.ts'
import type { Connection } from '../connection.ts'

const select = `SELECT m.id, m.conversation_id AS conversationId, m.role, m.content, m.status, m.rating,
    e.id AS exampleId, m.adapter_id AS adapterId, m.tokens_per_second AS tokensPerSecond, m.created_at AS createdAt
  FROM messages m LEFT JOIN examples e ON e.message_id = m.id AND e.deleted_at IS NULL`

/** `exampleId` is found through the examples; a message doesn't store it. */
export type NewMessage = Omit<Message, 'exampleId'>

export type MessagesTable = ReturnType<typeof messagesTable>

export function messagesTable(connection: Connection) {
  const list = connection.prepare<{ conversationId: string }, Message>(
    `${select} WHERE m.conversation_id = @conversationId ORDER BY m.position`,
  )
  const get = connection.prepare<{ id: string }, Message>(`${select} WHERE m.id = @id`)
  const append = connection.prepare<NewMessage>(
    `INSERT INTO messages (id, conversation_id, position, role, content, status, rating, adapter_id,
       tokens_per_second, created_at)
     SELECT @id, @conversationId, coalesce(max(position) + 1, 0), @role, @content, @status, @rating, @adapterId,
       @tokensPerSecond, @createdAt
     FROM messages WHERE conversation_id = @conversationId`,
  )
  const rate = connection.prepare<{ id: string; rating: Message['rating'] }>(
    'UPDATE messages SET rating = @rating WHERE id = @id',
  )
  return {
    /** In the order they were said. */
    list: (conversationId: string): Message[] => list.all({ conversationId }),
    get: (id: string): Message | undefined => get.get({ id }),
    append(message: NewMessage): Message {
      append.run(message)
      return { ...message, exampleId: null }
    },
    rate: (id: string, rating: Message['rating']): void => void rate.run({ id, rating }),
  }
}
