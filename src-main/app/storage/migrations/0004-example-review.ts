import type { Migration } from './migration.ts'

/**
 * Examples are reviewed and tagged; some are suggested by a machine. What was kept before, a person had chosen.
 *
 * tags is a JSON list of texts.
 */
export const exampleReview: Migration = {
  version: 4,
  sql: `
CREATE TABLE examples_new (
  number INTEGER NOT NULL PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  messages TEXT NOT NULL CHECK (json_valid(messages)),
  rejected TEXT,
  status TEXT NOT NULL CHECK (status IN ('new', 'approved', 'skipped')),
  tags TEXT NOT NULL CHECK (json_valid(tags)),
  source TEXT NOT NULL CHECK (source IN ('hand', 'rated', 'taught', 'imported', 'suggested')),
  message_id TEXT UNIQUE,
  source_file TEXT,
  source_line INTEGER,
  source_example TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;
INSERT INTO examples_new (number, id, messages, rejected, status, tags, source, message_id, source_file,
  source_line, created_at, updated_at, deleted_at)
SELECT number, id, messages, rejected, 'approved', '[]', source, message_id, source_file, source_line, created_at,
  updated_at, deleted_at
FROM examples;
DROP TABLE examples;
ALTER TABLE examples_new RENAME TO examples;
`,
}
