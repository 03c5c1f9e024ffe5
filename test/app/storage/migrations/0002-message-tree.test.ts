import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connect, useForWriting } from '../../../../src-main/app/storage/connection.ts'
import { migrate } from '../../../../src-main/app/storage/migrate.ts'
import { initial } from '../../../../src-main/app/storage/migrations/0001-initial.ts'
import { conversationsTable } from '../../../../src-main/app/storage/tables/conversations.ts'
import { messageSearch } from '../../../../src-main/app/storage/tables/message-search.ts'
import { messagesTable } from '../../../../src-main/app/storage/tables/messages.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

it('makes a path of what was said, shown to its end and searchable, and loses nothing', () => {
  const connection = connect(join(temporaryFolder(), 'old.sqlite'))
  useForWriting(connection)
  migrate(connection, [initial])
  connection.execute(`
    INSERT INTO conversations (id, title, strength, system_prompt, created_at, updated_at)
      VALUES ('c1', 'One', 1, '', 1, 1), ('c2', 'Two', 1, '', 1, 1), ('c3', 'Empty', 1, '', 1, 1);
    INSERT INTO messages (id, conversation_id, position, role, content, status, rating, tokens_per_second, created_at)
      VALUES ('b', 'c1', 0, 'user', 'the porch', 'complete', 'none', NULL, 1),
        ('x', 'c2', 0, 'user', 'alone', 'complete', 'none', NULL, 1),
        ('a', 'c1', 1, 'assistant', 'the roof', 'stopped', 'up', 12.5, 1),
        ('c', 'c1', 3, 'user', 'again', 'complete', 'none', NULL, 2);`)
  // The tables are asked in the newest layout.
  migrate(connection)
  const messages = messagesTable(connection)
  expect(messages.list('c1').map(({ id, parentId }) => [id, parentId])).toEqual([
    ['b', null],
    ['a', 'b'],
    ['c', 'a'],
  ])
  expect(messages.get('a')).toMatchObject({ status: 'stopped', rating: 'up', tokensPerSecond: 12.5 })
  const conversations = conversationsTable(connection)
  expect(['c1', 'c2', 'c3'].map((id) => conversations.get(id)?.leafId)).toEqual(['c', 'x', null])
  expect(messageSearch(connection).find('roof')).toMatchObject([{ id: 'a', title: 'One' }])
  // The index follows a vacuum, which may renumber plain rowids.
  connection.execute("DELETE FROM messages WHERE id = 'x'; VACUUM")
  expect(messageSearch(connection).find('porch')).toMatchObject([{ id: 'b' }])
  expect(messageSearch(connection).find('alone')).toEqual([])
  expect(connection.pragma('integrity_check')).toBe('ok')
  connection.execute("INSERT INTO message_search (message_search, rank) VALUES ('integrity-check', 1)")
  connection.close()
})
