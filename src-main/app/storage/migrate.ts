/** Brings a database to the layout this version of Veranda knows. */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { backUpAutomatically } from './automatic-backup.ts'
import type { Connection } from './connection.ts'
import { initial } from './migrations/0001-initial.ts'
import { messageTree } from './migrations/0002-message-tree.ts'
import { runReport } from './migrations/0003-run-report.ts'
import { exampleReview } from './migrations/0004-example-review.ts'
import { runLineage } from './migrations/0005-run-lineage.ts'
import { adapterLineage } from './migrations/0006-adapter-lineage.ts'
import { networkRequests } from './migrations/0007-network-requests.ts'
import { modelName } from './migrations/0008-model-name.ts'
import type { Migration } from './migrations/migration.ts'

/** Every migration, oldest first. */
export const migrations: readonly Migration[] = [
  initial,
  messageTree,
  runReport,
  exampleReview,
  runLineage,
  adapterLineage,
  networkRequests,
  modelName,
]

/** The layout's number of the open database; 0 for a new file. Fails on a newer one than `known`, untouched. */
export function checkVersion(connection: Connection, known: readonly Migration[] = migrations): number {
  const version = Number(connection.pragma('user_version'))
  const newest = known.at(-1)?.version ?? 0
  if (version > newest) {
    throw new Failure(
      'database-too-new',
      sentence`The database ${connection.path} was written by a newer Veranda (layout ${version}, this one knows ${newest}). It was left untouched; install the newer version to use it.`,
    )
  }
  return version
}

/**
 * Applies the migrations that are missing, all or none of them. A database that holds data is copied to the
 * folder `backups` beside it first, unless it is a copy itself.
 */
export function migrate(
  connection: Connection,
  known: readonly Migration[] = migrations,
  { copyFirst = true }: { readonly copyFirst?: boolean } = {},
): void {
  const version = checkVersion(connection, known)
  const missing = known.filter((migration) => migration.version > version)
  if (missing.length === 0) return
  if (version > 0 && copyFirst) backUpAutomatically(connection)
  connection.transaction(() => {
    for (const migration of missing) {
      connection.execute(migration.sql)
      connection.pragma(`user_version = ${migration.version}`)
    }
  })
}
