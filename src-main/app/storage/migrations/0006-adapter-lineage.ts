import type { Migration } from './migration.ts'

/**
 * Adapters say how they were made, of which others, and what the person notes of them; a run says which adapter it
 * makes anew without some of its examples.
 *
 * parents is a JSON list of `{ id, name, weight }`, as they were then; they may be gone. weight is a blend's, else null.
 */
export const adapterLineage: Migration = {
  version: 6,
  sql: `
ALTER TABLE runs ADD COLUMN forgets_id TEXT;
ALTER TABLE adapters ADD COLUMN origin TEXT NOT NULL DEFAULT 'trained'
  CHECK (origin IN ('trained', 'continued', 'forgot', 'blended', 'imported'));
ALTER TABLE adapters ADD COLUMN parents TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(parents));
ALTER TABLE adapters ADD COLUMN notes TEXT NOT NULL DEFAULT '';
UPDATE adapters SET origin = 'imported' WHERE run_id IS NULL;
UPDATE adapters SET origin = 'continued',
    parents = (SELECT json_array(json_object('id', r.parent_id,
        'name', coalesce((SELECT p.name FROM adapters p WHERE p.id = r.parent_id), ''), 'weight', NULL))
      FROM runs r WHERE r.id = adapters.run_id)
  WHERE run_id IN (SELECT id FROM runs WHERE parent_id IS NOT NULL);
`,
}
