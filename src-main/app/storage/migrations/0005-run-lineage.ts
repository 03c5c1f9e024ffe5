import type { Migration } from './migration.ts'

/**
 * Runs can go on from an adapter (parent_id names it, it may be gone), have questions of the person's own that are
 * answered while they learn, and are judged at their end. verdict is JSON; null until it is asked for.
 */
export const runLineage: Migration = {
  version: 5,
  sql: `
ALTER TABLE runs ADD COLUMN parent_id TEXT;
ALTER TABLE runs ADD COLUMN probes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(probes));
ALTER TABLE runs ADD COLUMN verdict TEXT CHECK (json_valid(verdict));

CREATE TABLE run_samples (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  probe INTEGER NOT NULL,
  answer TEXT NOT NULL,
  PRIMARY KEY (run_id, step, probe)
) STRICT;
`,
}
