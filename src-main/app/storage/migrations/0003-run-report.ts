import type { Migration } from './migration.ts'

/** What a run did beside learning, as JSON; null until it has ended, and of runs from before. */
export const runReport: Migration = {
  version: 3,
  sql: `
ALTER TABLE runs ADD COLUMN report TEXT CHECK (json_valid(report));
`,
}
