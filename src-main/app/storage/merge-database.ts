/**
 * Brings the rows of another database into this one, by their stable ids: what is missing is added, of what both
 * have the newer stays, and a text that would be lost by it is kept as a copy.
 */
import { createHash } from 'node:crypto'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { sameName, uniqueName } from '../unique-name.ts'
import { dataTables } from './backup-file.ts'
import type { Connection } from './connection.ts'

/** How many rows came in. */
export interface MergeReport {
  readonly conversations: number
  readonly messages: number
  readonly examples: number
  readonly adapters: number
  readonly runs: number
  /** Of examples and personas whose texts differ: the older text, or the other one, beside the kept one. */
  readonly copies: number
}

const reported = ['conversations', 'messages', 'examples', 'adapters', 'runs'] as const

/** What does not come along: the models' files are not in a backup, and the index follows its messages. */
const leftOut = new Set(['models'])

/**
 * Merges the database file at `path`, which has this database's layout and may be changed by it. All or nothing.
 *
 * @param replace whether what is here is removed first, the models aside
 */
export function mergeDatabase(connection: Connection, path: string, replace: boolean): MergeReport {
  connection.prepare<{ path: string }>('ATTACH @path AS source').run({ path })
  // References are put right before the end, and checked: rows come table by table.
  connection.pragma('foreign_keys = OFF')
  try {
    return connection.transaction(() => merge(connection, replace))
  } finally {
    connection.pragma('foreign_keys = ON')
    connection.execute('DETACH source')
  }
}

function merge(connection: Connection, replace: boolean): MergeReport {
  const tables = dataTables(connection).filter((table) => !leftOut.has(table))
  if (replace) clearTables(connection)
  const before = counts(connection)
  prepareSource(connection)
  mergeAdapters(connection)
  upsert(connection, 'conversations', 'excluded.updated_at > conversations.updated_at')
  connection.execute(
    `INSERT INTO main.messages (${columns(connection, 'messages', ['number'])})
     SELECT ${columns(connection, 'messages', ['number'])} FROM source.messages
     WHERE id NOT IN (SELECT id FROM main.messages) ORDER BY number`,
  )
  const copies = mergeExamples(connection) + mergePersonas(connection)
  upsert(connection, 'runs', 'coalesce(excluded.finished_at, 0) > coalesce(runs.finished_at, 0)')
  const special = new Set(['adapters', 'conversations', 'messages', 'examples', 'personas', 'runs'])
  for (const table of tables.filter((name) => !special.has(name))) {
    const names = columns(connection, table)
    connection.execute(
      `INSERT OR IGNORE INTO main."${table}" (${names}) SELECT ${names} FROM source."${table}"`,
    )
  }
  putReferencesRight(connection)
  const after = counts(connection)
  const came = Object.fromEntries(
    reported.map((table) => [table, (after[table] ?? 0) - (before[table] ?? 0)]),
  )
  return { conversations: 0, messages: 0, examples: 0, adapters: 0, runs: 0, ...came, copies }
}

/** Removes every row but those of the models, within a transaction. */
export function clearTables(connection: Connection): void {
  for (const table of dataTables(connection)) {
    if (!leftOut.has(table)) connection.execute(`DELETE FROM main."${table}"`)
  }
}

/** What was deleted there, or was going on, is not so here. */
function prepareSource(connection: Connection): void {
  for (const table of ['conversations', 'examples', 'adapters']) {
    connection.execute(`DELETE FROM source.${table} WHERE deleted_at IS NOT NULL`)
    // Deleted here a moment ago, asked back now.
    connection.execute(
      `DELETE FROM main.${table} WHERE deleted_at IS NOT NULL AND id IN (SELECT id FROM source.${table})`,
    )
  }
  connection.execute(`
DELETE FROM source.messages WHERE conversation_id NOT IN (SELECT id FROM source.conversations);
UPDATE source.runs SET status = 'interrupted' WHERE status IN ('queued', 'running');
-- A model that was removed and fetched again has another id, but the same source file.
UPDATE source.conversations SET model_id = coalesce((SELECT m.id FROM main.models m JOIN source.models s
  ON s.source_hash = m.source_hash WHERE s.id = source.conversations.model_id LIMIT 1), model_id);
`)
}

function mergeAdapters(connection: Connection): void {
  const coming = connection
    .prepare<object, { id: string; name: string }>(
      'SELECT id, name FROM source.adapters WHERE id NOT IN (SELECT id FROM main.adapters)',
    )
    .all({})
  const here = connection
    .prepare<object, { name: string }>('SELECT name FROM main.adapters WHERE deleted_at IS NULL')
    .all({})
  const taken = here.map(({ name }) => name)
  const rename = connection.prepare<{ id: string; name: string }>(
    'UPDATE source.adapters SET name = @name WHERE id = @id',
  )
  // Names are freed one after another: on the way two may be the same.
  connection.execute(
    `DROP INDEX source.adapters_by_name;
     DELETE FROM source.adapters WHERE id IN (SELECT id FROM main.adapters)`,
  )
  for (const { id, name } of coming) {
    const free = uniqueName(name, (candidate) => taken.some((one) => sameName(one, candidate)))
    taken.push(free)
    rename.run({ id, name: free })
  }
  upsert(connection, 'adapters', 'false')
}

/** Of two texts under one id the newer stays; the older becomes an example of its own, once. */
function mergeExamples(connection: Connection): number {
  const names = columns(connection, 'examples', ['number', 'id', 'message_id', 'source'])
  const keepCopy = (schema: string) =>
    connection.prepare<{ id: string; copyId: string }>(
      `INSERT OR IGNORE INTO main.examples (id, source, ${names})
       SELECT @copyId, CASE WHEN source IN ('rated', 'taught') THEN 'hand' ELSE source END, ${names}
       FROM ${schema}.examples WHERE id = @id`,
    )
  const copyOfHere = keepCopy('main')
  const copyOfThere = keepCopy('source')
  const differing = connection
    .prepare<object, { hereId: string; thereId: string; older: string; isHereOlder: number }>(
      `SELECT m.id AS hereId, s.id AS thereId, s.updated_at > m.updated_at AS isHereOlder,
         CASE WHEN s.updated_at > m.updated_at THEN m.messages ELSE s.messages END AS older
       FROM main.examples m JOIN source.examples s ON s.id = m.id OR s.message_id = m.message_id
       WHERE s.messages <> m.messages`,
    )
    .all({})
  let copies = 0
  for (const { hereId, thereId, older, isHereOlder } of differing) {
    const copyId = `${thereId}-${createHash('sha256').update(older).digest('hex').slice(0, 8)}`
    const here = isHereOlder === 1 && hereId === thereId
    copies += here ? copyOfHere.run({ id: hereId, copyId }) : copyOfThere.run({ id: thereId, copyId })
  }
  // One message has one example: the one that is here.
  connection.execute(
    `DELETE FROM source.examples WHERE EXISTS (SELECT 1 FROM main.examples m
       WHERE m.message_id = source.examples.message_id AND m.id <> source.examples.id)`,
  )
  upsert(connection, 'examples', 'excluded.updated_at > examples.updated_at', ['number'])
  return copies
}

function mergePersonas(connection: Connection): number {
  const other = connection
    .prepare<object, { id: string; name: string; prompt: string }>(
      `SELECT s.id, s.name, s.system_prompt AS prompt FROM source.personas s JOIN main.personas m ON m.id = s.id
       WHERE m.system_prompt <> s.system_prompt`,
    )
    .all({})
  const put = connection.prepare<{ id: string; name: string; prompt: string }>(
    'INSERT OR IGNORE INTO main.personas (id, name, system_prompt) VALUES (@id, @name, @prompt)',
  )
  let copies = 0
  for (const { id, name, prompt } of other) {
    const copyId = `${id}-${createHash('sha256').update(prompt).digest('hex').slice(0, 8)}`
    copies += put.run({ id: copyId, name: `${name} 2`, prompt })
  }
  upsert(connection, 'personas', 'false')
  return copies
}

/** Adds the source's rows; one whose id is here already takes its place where `isNewer` holds. */
function upsert(connection: Connection, table: string, isNewer: string, without: string[] = []): void {
  const names = columns(connection, table, without)
  const changes = names.split(', ').map((name) => `${name} = excluded.${name}`)
  connection.execute(
    `INSERT INTO main.${table} (${names}) SELECT ${names} FROM source.${table} WHERE true
     ON CONFLICT (id) DO UPDATE SET ${changes.join(', ')} WHERE ${isNewer}`,
  )
}

function columns(connection: Connection, table: string, without: readonly string[] = []): string {
  return connection
    .prepare<{ table: string }, { name: string }>("SELECT name FROM pragma_table_info(@table, 'main')")
    .all({ table })
    .map(({ name }) => name)
    .filter((name) => !without.includes(name))
    .join(', ')
}

function counts(connection: Connection): Record<string, number> {
  const count = (table: string): number =>
    connection.prepare<object, { n: number }>(`SELECT count(*) AS n FROM main.${table}`).get({})?.n ?? 0
  return Object.fromEntries(reported.map((table) => [table, count(table)]))
}

/** A reference to what is not here (a model, a part that a damaged file lost) is let go, as deleting it would. */
function putReferencesRight(connection: Connection): void {
  connection.execute(`
UPDATE main.conversations SET model_id = NULL WHERE model_id NOT IN (SELECT id FROM main.models);
UPDATE main.conversations SET adapter_id = NULL WHERE adapter_id NOT IN (SELECT id FROM main.adapters);
UPDATE main.messages SET adapter_id = NULL WHERE adapter_id NOT IN (SELECT id FROM main.adapters);
UPDATE main.messages SET parent_id = NULL WHERE parent_id NOT IN (SELECT id FROM main.messages);
`)
  const broken = connection.prepare<object, { table: string }>('PRAGMA main.foreign_key_check').get({})
  if (broken !== undefined) {
    throw new Failure(
      'restore-failed',
      sentence`The rows of ${broken.table} refer to some that are not there; nothing was changed. Use another backup.`,
    )
  }
}
