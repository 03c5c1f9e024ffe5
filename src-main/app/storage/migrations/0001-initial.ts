import type { Migration } from './migration.ts'

/** Times are milliseconds since 1970, sizes bytes, losses nats a token. */
export const initial: Migration = {
  version: 1,
  sql: `
CREATE TABLE models (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  architecture TEXT NOT NULL,
  parameter_count INTEGER NOT NULL,
  quantization TEXT NOT NULL,
  context_length INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  source_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Adapters outlive their model and their run: they name both, but don't depend on them.
CREATE TABLE adapters (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  model_id TEXT NOT NULL,
  model_name TEXT NOT NULL,
  model_hash TEXT NOT NULL,
  chat_template_hash TEXT,
  rank INTEGER NOT NULL,
  targets TEXT NOT NULL CHECK (json_valid(targets)),
  projection_key INTEGER NOT NULL,
  parameter_count INTEGER NOT NULL,
  file BLOB NOT NULL,
  file_hash TEXT NOT NULL,
  run_id TEXT,
  loss_before REAL,
  loss_after REAL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX adapters_by_name ON adapters (name COLLATE NOCASE) WHERE deleted_at IS NULL;

CREATE TABLE conversations (
  id TEXT NOT NULL PRIMARY KEY,
  title TEXT NOT NULL,
  model_id TEXT REFERENCES models (id) ON DELETE SET NULL,
  adapter_id TEXT REFERENCES adapters (id) ON DELETE SET NULL,
  strength REAL NOT NULL,
  system_prompt TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;

CREATE TABLE messages (
  id TEXT NOT NULL PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
  content TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('complete', 'stopped', 'failed')),
  rating TEXT NOT NULL CHECK (rating IN ('none', 'up', 'down')),
  adapter_id TEXT REFERENCES adapters (id) ON DELETE SET NULL,
  tokens_per_second REAL,
  created_at INTEGER NOT NULL,
  UNIQUE (conversation_id, position)
) STRICT;

-- message_id is where a rated or taught example came from; the example outlives the message.
CREATE TABLE examples (
  number INTEGER NOT NULL PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  messages TEXT NOT NULL CHECK (json_valid(messages)),
  rejected TEXT,
  source TEXT NOT NULL CHECK (source IN ('hand', 'rated', 'taught', 'imported')),
  message_id TEXT UNIQUE,
  source_file TEXT,
  source_line INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;

CREATE TABLE runs (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  model_id TEXT NOT NULL,
  model_name TEXT NOT NULL,
  model_hash TEXT NOT NULL,
  status TEXT NOT NULL
    CHECK (status IN ('queued', 'running', 'interrupted', 'done', 'failed', 'cancelled')),
  settings TEXT NOT NULL CHECK (json_valid(settings)),
  dataset TEXT NOT NULL CHECK (json_valid(dataset)),
  example_count INTEGER NOT NULL,
  held_out_count INTEGER NOT NULL,
  step INTEGER NOT NULL,
  steps INTEGER NOT NULL,
  tokens_per_second REAL,
  remaining_ms REAL,
  peak_memory_bytes INTEGER,
  loss_before REAL,
  loss_after REAL,
  held_out_loss_before REAL,
  held_out_loss_after REAL,
  adapter_id TEXT,
  failure TEXT,
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;

CREATE TABLE run_losses (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  subset TEXT NOT NULL CHECK (subset IN ('step', 'training', 'heldOut')),
  step INTEGER NOT NULL,
  loss REAL NOT NULL,
  PRIMARY KEY (run_id, subset, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL CHECK (json_valid(value))
) STRICT;
`,
}
