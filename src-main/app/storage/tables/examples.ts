import { z } from 'zod'
import { chatMessage, type Example } from '../../../contract/entities.ts'
import type { Connection } from '../connection.ts'

const columns = `id, messages, rejected, source, message_id AS messageId, source_file AS sourceFile,
  source_line AS sourceLine, created_at AS createdAt, updated_at AS updatedAt`

interface Row {
  readonly id: string
  readonly messages: string
  readonly rejected: string | null
  readonly source: Example['provenance']['kind']
  readonly messageId: string | null
  readonly sourceFile: string | null
  readonly sourceLine: number | null
  readonly createdAt: number
  readonly updatedAt: number
}

export type ExamplesTable = ReturnType<typeof examplesTable>

export function examplesTable(connection: Connection) {
  const list = connection.prepare<object, Row>(
    `SELECT ${columns} FROM examples WHERE deleted_at IS NULL ORDER BY created_at DESC, number`,
  )
  const get = connection.prepare<{ id: string }, Row>(
    `SELECT ${columns} FROM examples WHERE id = @id AND deleted_at IS NULL`,
  )
  // A message has at most one example, a deleted one included: making it again brings that one back.
  const put = connection.prepare<Row>(
    `INSERT INTO examples (id, messages, rejected, source, message_id, source_file, source_line, created_at,
       updated_at)
     VALUES (@id, @messages, @rejected, @source, @messageId, @sourceFile, @sourceLine, @createdAt, @updatedAt)
     ON CONFLICT (message_id) DO UPDATE SET messages = @messages, rejected = @rejected, source = @source,
       updated_at = @updatedAt, deleted_at = NULL`,
  )
  const ofMessage = connection.prepare<{ messageId: string }, Row>(
    `SELECT ${columns} FROM examples WHERE message_id = @messageId AND deleted_at IS NULL`,
  )
  const source = connection.prepare<{ id: string }, { messageId: string | null }>(
    'SELECT message_id AS messageId FROM examples WHERE id = @id',
  )
  const update = connection.prepare<{ id: string; messages: string; now: number }>(
    'UPDATE examples SET messages = @messages, updated_at = @now WHERE id = @id',
  )
  const mark = connection.prepare<{ id: string; deletedAt: number | null }>(
    'UPDATE examples SET deleted_at = @deletedAt WHERE id = @id',
  )
  const purge = connection.prepare<object>('DELETE FROM examples WHERE deleted_at IS NOT NULL')

  const find = (id: string): Example | undefined => fromRow(get.get({ id }))
  const findByMessage = (messageId: string): Example | undefined => fromRow(ofMessage.get({ messageId }))
  return {
    /** Newest first; those of one import in the order of their file. */
    list: (): Example[] => list.all({}).map(toExample),
    get: find,
    /** The example that was made of this answer, if it is still there. */
    ofMessage: findByMessage,
    /** The answer that an example, deleted ones included, was made of; null if of none. */
    messageIdOf: (id: string): string | null => source.get({ id })?.messageId ?? null,
    /** Adds the example; one of a message that has an example already replaces that one, which keeps its id. */
    put(example: Example): Example {
      put.run(toRow(example))
      const { provenance } = example
      const kept = 'messageId' in provenance ? findByMessage(provenance.messageId) : undefined
      return kept ?? example
    },
    setMessages: (id: string, messages: Example['messages'], now: number): void =>
      void update.run({ id, messages: JSON.stringify(messages), now }),
    remove: (id: string, now: number): void => void mark.run({ id, deletedAt: now }),
    restore(id: string): Example | undefined {
      mark.run({ id, deletedAt: null })
      return find(id)
    },
    purge: (): void => void purge.run({}),
  }
}

function toRow(example: Example): Row {
  const { provenance } = example
  return {
    id: example.id,
    messages: JSON.stringify(example.messages),
    rejected: example.rejected,
    source: provenance.kind,
    messageId: 'messageId' in provenance ? provenance.messageId : null,
    sourceFile: provenance.kind === 'imported' ? provenance.file : null,
    sourceLine: provenance.kind === 'imported' ? provenance.line : null,
    createdAt: example.createdAt,
    updatedAt: example.updatedAt,
  }
}

const storedMessages = z.array(chatMessage)

function toExample(row: Row): Example {
  return {
    id: row.id,
    messages: storedMessages.parse(JSON.parse(row.messages)),
    rejected: row.rejected,
    provenance: toProvenance(row),
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }
}

function fromRow(row: Row | undefined): Example | undefined {
  return row === undefined ? undefined : toExample(row)
}

function toProvenance(row: Row): Example['provenance'] {
  switch (row.source) {
    case 'hand':
      return { kind: 'hand' }
    case 'rated':
    case 'taught':
      return { kind: row.source, messageId: row.messageId ?? '' }
    case 'imported':
      return { kind: 'imported', file: row.sourceFile ?? '', line: row.sourceLine ?? 0 }
  }
}
