import type { Migration } from './migration.ts'

/**
 * Messages become a tree with branches, and searchable; conversations get a place in it, a pin and a draft.
 *
 * `number` orders the messages and is what the search index refers to: a plain rowid may change with VACUUM.
 */
export const messageTree: Migration = {
  version: 2,
  sql: `
CREATE TABLE messages_2 (
  number INTEGER NOT NULL PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  parent_id TEXT REFERENCES messages_2 (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
  content TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('complete', 'stopped', 'failed')),
  rating TEXT NOT NULL CHECK (rating IN ('none', 'up', 'down')),
  adapter_id TEXT REFERENCES adapters (id) ON DELETE SET NULL,
  strength REAL,
  tokens_per_second REAL,
  context_tokens INTEGER,
  context_from TEXT,
  created_at INTEGER NOT NULL
) STRICT;
INSERT INTO messages_2 (id, conversation_id, parent_id, role, content, status, rating, adapter_id,
  tokens_per_second, created_at)
SELECT m.id, m.conversation_id, p.id, m.role, m.content, m.status, m.rating, m.adapter_id, m.tokens_per_second,
  m.created_at
FROM messages m LEFT JOIN messages p ON p.conversation_id = m.conversation_id
  AND p.position = (SELECT max(position) FROM messages o
    WHERE o.conversation_id = m.conversation_id AND o.position < m.position)
ORDER BY m.created_at, m.conversation_id, m.position;
DROP TABLE messages;
ALTER TABLE messages_2 RENAME TO messages;
CREATE INDEX messages_by_conversation ON messages (conversation_id, number);
CREATE INDEX messages_by_parent ON messages (parent_id);

-- leaf_id is the end of the path that is shown; it refers to a message of this conversation.
ALTER TABLE conversations ADD COLUMN leaf_id TEXT;
ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1));
ALTER TABLE conversations ADD COLUMN draft TEXT NOT NULL DEFAULT '';
UPDATE conversations SET leaf_id =
  (SELECT id FROM messages WHERE conversation_id = conversations.id ORDER BY number DESC LIMIT 1);

CREATE TABLE personas (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  system_prompt TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE message_search USING fts5 (
  content, content = 'messages', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
);
-- What is deleted leaves no words behind in the index.
INSERT INTO message_search (message_search, rank) VALUES ('secure-delete', 1);
INSERT INTO message_search (message_search) VALUES ('rebuild');
CREATE TRIGGER message_added AFTER INSERT ON messages BEGIN
  INSERT INTO message_search (rowid, content) VALUES (new.number, new.content);
END;
CREATE TRIGGER message_removed AFTER DELETE ON messages BEGIN
  INSERT INTO message_search (message_search, rowid, content) VALUES ('delete', old.number, old.content);
END;
CREATE TRIGGER message_changed AFTER UPDATE OF content ON messages BEGIN
  INSERT INTO message_search (message_search, rowid, content) VALUES ('delete', old.number, old.content);
  INSERT INTO message_search (rowid, content) VALUES (new.number, new.content);
END;
`,
}
