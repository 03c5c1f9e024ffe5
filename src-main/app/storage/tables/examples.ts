import type { Example } from '../../../contract/entities.ts'
import type { Connection } from '../connection.ts'
import { columns, toExample, toRow, type ExampleRow } from './example-rows.ts'

/** What of an example a person changes. */
export type ExampleContent = Pick<Example, 'messages' | 'rejected' | 'status' | 'tags'>

export interface ScannedExample extends Pick<ExampleRow, 'id' | 'status' | 'tags' | 'source'> {
  readonly messages: string | null
}

export type ExamplesTable = ReturnType<typeof examplesTable>

export function examplesTable(connection: Connection) {
  const list = connection.prepare<object, ExampleRow>(
    `SELECT ${columns} FROM examples WHERE deleted_at IS NULL ORDER BY created_at DESC, number`,
  )
  const some = connection.prepare<{ ids: string }, ExampleRow>(
    `SELECT ${columns} FROM examples WHERE id IN (SELECT value FROM json_each(@ids)) AND deleted_at IS NULL
     ORDER BY created_at DESC, number`,
  )
  const get = connection.prepare<{ id: string }, ExampleRow>(
    `SELECT ${columns} FROM examples WHERE id = @id AND deleted_at IS NULL`,
  )
  // A message has at most one example, a deleted one included: making it again brings that one back.
  const put = connection.prepare<ExampleRow & { deletedAt: number | null }>(
    `INSERT INTO examples (id, messages, rejected, status, tags, source, message_id, source_file, source_line,
       source_example, created_at, updated_at, deleted_at)
     VALUES (@id, @messages, @rejected, @status, @tags, @source, @messageId, @sourceFile, @sourceLine,
       @sourceExample, @createdAt, @updatedAt, @deletedAt)
     ON CONFLICT (message_id) DO UPDATE SET messages = @messages, rejected = @rejected, status = @status,
       source = @source, updated_at = @updatedAt, deleted_at = NULL`,
  )
  const ofMessage = connection.prepare<{ messageId: string }, ExampleRow>(
    `SELECT ${columns} FROM examples WHERE message_id = @messageId AND deleted_at IS NULL`,
  )
  const source = connection.prepare<{ id: string }, { messageId: string | null }>(
    'SELECT message_id AS messageId FROM examples WHERE id = @id',
  )
  const update = connection.prepare<{ id: string; messages: string; now: number }>(
    'UPDATE examples SET messages = @messages, updated_at = @now WHERE id = @id',
  )
  const write = connection.prepare<
    Pick<ExampleRow, 'id' | 'messages' | 'rejected' | 'status' | 'tags'> & { now: number }
  >(
    `UPDATE examples SET messages = @messages, rejected = @rejected, status = @status, tags = @tags,
       updated_at = @now WHERE id = @id`,
  )
  const mark = connection.prepare<{ id: string; deletedAt: number | null }>(
    'UPDATE examples SET deleted_at = @deletedAt WHERE id = @id',
  )
  const markAll = connection.prepare<{ ids: string; deletedAt: number | null }>(
    'UPDATE examples SET deleted_at = @deletedAt WHERE id IN (SELECT value FROM json_each(@ids))',
  )
  const scan = connection.prepare<{ withText: number }, ScannedExample>(
    `SELECT id, status, tags, source, CASE WHEN @withText THEN messages END AS messages FROM examples
     WHERE deleted_at IS NULL ORDER BY created_at DESC, number`,
  )
  const purge = connection.prepare<object>('DELETE FROM examples WHERE deleted_at IS NOT NULL')

  const find = (id: string): Example | undefined => fromRow(get.get({ id }))
  const findByMessage = (messageId: string): Example | undefined => fromRow(ofMessage.get({ messageId }))
  return {
    /** Newest first; those of one import in the order of their file. */
    list: (): Example[] => list.all({}).map(toExample),
    /** Those with these ids that are there, in the same order. */
    some: (ids: readonly string[]): Example[] => some.all({ ids: JSON.stringify(ids) }).map(toExample),
    /** What a search looks at, in the same order; the messages' JSON only with the text. */
    scan: (withText: boolean): ScannedExample[] => scan.all({ withText: withText ? 1 : 0 }),
    get: find,
    /** The example that was made of this answer, if it is still there. */
    ofMessage: findByMessage,
    /** The answer that an example, deleted ones included, was made of; null if of none. */
    messageIdOf: (id: string): string | null => source.get({ id })?.messageId ?? null,
    /** Adds the example; one of a message that has an example already replaces that one, which keeps its id. */
    put(example: Example): Example {
      put.run({ ...toRow(example), deletedAt: null })
      const { provenance } = example
      const kept = 'messageId' in provenance ? findByMessage(provenance.messageId) : undefined
      return kept ?? example
    },
    /** Adds the example as a deleted one, to be shown with many others at once. */
    putHidden: (example: Example, now: number): void => void put.run({ ...toRow(example), deletedAt: now }),
    setMessages: (id: string, messages: Example['messages'], now: number): void =>
      void update.run({ id, messages: JSON.stringify(messages), now }),
    write: (id: string, { messages, rejected, status, tags }: ExampleContent, now: number): void =>
      void write.run({
        id,
        messages: JSON.stringify(messages),
        rejected,
        status,
        tags: JSON.stringify(tags),
        now,
      }),
    remove: (id: string, now: number): void => void mark.run({ id, deletedAt: now }),
    /** Deletes (a time) or brings back (null). */
    mark: (ids: readonly string[], deletedAt: number | null): void =>
      void markAll.run({ ids: JSON.stringify(ids), deletedAt }),
    restore(id: string): Example | undefined {
      mark.run({ id, deletedAt: null })
      return find(id)
    },
    purge: (): void => void purge.run({}),
  }
}

function fromRow(row: ExampleRow | undefined): Example | undefined {
  return row === undefined ? undefined : toExample(row)
}
