import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connect } from '../../../../src-main/app/storage/connection.ts'
import { migrate } from '../../../../src-main/app/storage/migrate.ts'
import { initial } from '../../../../src-main/app/storage/migrations/0001-initial.ts'
import { messageTree } from '../../../../src-main/app/storage/migrations/0002-message-tree.ts'
import { runReport } from '../../../../src-main/app/storage/migrations/0003-run-report.ts'
import { exampleReview } from '../../../../src-main/app/storage/migrations/0004-example-review.ts'
import { examplesTable } from '../../../../src-main/app/storage/tables/examples.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

it('keeps every example, approved and in its order, and still one a message', () => {
  const connection = connect(join(temporaryFolder(), 'old.sqlite'))
  migrate(connection, [initial, messageTree, runReport])
  connection.execute(`
    INSERT INTO examples (id, messages, rejected, source, message_id, source_file, source_line, created_at, updated_at)
      VALUES ('b', '[{"role":"user","content":"Q"}]', NULL, 'imported', NULL, 'f', 3, 1, 1),
        ('a', '[]', 'worse', 'taught', 'm1', NULL, NULL, 1, 2);`)
  migrate(connection, [initial, messageTree, runReport, exampleReview])
  const examples = examplesTable(connection)
  const reviewed = { status: 'approved', tags: [] }
  expect(examples.list()).toMatchObject([
    {
      id: 'b',
      ...reviewed,
      provenance: { kind: 'imported', file: 'f', line: 3 },
      messages: [{ content: 'Q' }],
    },
    { id: 'a', ...reviewed, rejected: 'worse', provenance: { kind: 'taught', messageId: 'm1' } },
  ])
  expect(() => connection.execute("UPDATE examples SET message_id = 'm1' WHERE id = 'b'")).toThrow(/UNIQUE/)
  connection.close()
})
