import type { Migration } from './migration.ts'

/** A conversation keeps the name of its model when that is removed. */
export const modelName: Migration = {
  version: 8,
  sql: `
ALTER TABLE conversations ADD COLUMN model_name TEXT;
UPDATE conversations SET model_name = (SELECT name FROM models WHERE models.id = conversations.model_id);
`,
}
