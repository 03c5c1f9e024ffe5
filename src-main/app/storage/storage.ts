/** The database of a data folder. The only folder that knows of SQLite. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeBackup, type BackupManifest } from './backup-file.ts'
import { connect, useForWriting, type Connection } from './connection.ts'
import { lockFolder } from './folder-lock.ts'
import { clearTables, type MergeReport } from './merge-database.ts'
import { checkVersion, migrate, migrations } from './migrate.ts'
import type { Migration } from './migrations/migration.ts'
import { repairIfDamaged, type RepairReport } from './repair.ts'
import { restoreBackup } from './restore-backup.ts'
import { storing } from './storage-failure.ts'
import { adaptersTable, type AdaptersTable } from './tables/adapters.ts'
import { conversationsTable, type ConversationsTable } from './tables/conversations.ts'
import { examplesTable, type ExamplesTable } from './tables/examples.ts'
import { messageSearch, type MessageSearch } from './tables/message-search.ts'
import { messagesTable, type MessagesTable } from './tables/messages.ts'
import { modelsTable, type ModelsTable } from './tables/models.ts'
import { networkRequestsTable, type NetworkRequestsTable } from './tables/network-requests.ts'
import { personasTable, type PersonasTable } from './tables/personas.ts'
import { runsTable, type RunsTable } from './tables/runs.ts'
import { settingsTable, type SettingsTable } from './tables/settings.ts'

export interface Storage {
  readonly models: ModelsTable
  readonly conversations: ConversationsTable
  readonly messages: MessagesTable
  readonly search: MessageSearch
  readonly personas: PersonasTable
  readonly examples: ExamplesTable
  readonly runs: RunsTable
  readonly adapters: AdaptersTable
  readonly settings: SettingsTable
  readonly network: NetworkRequestsTable
  /** All or nothing; may be nested. */
  transaction<T>(work: () => T): T
  /** Writes everything but the models' weights to one file, and checks it. */
  backUp(path: string): BackupManifest
  /** See `restoreBackup`. */
  restore(path: string, mode: 'merge' | 'replace'): MergeReport
  /** Removes every row, the models' aside, and what is left of them in the file. */
  clear(): void
  /** What had to be repaired to open it; null where it was whole. */
  readonly repair: RepairReport | null
  close(): void
}

/** Other users of the machine have no business in it. A folder that is there keeps what its owner gave it. */
const ownerOnly = 0o700

/**
 * Opens (or makes) the database of a data folder for this process alone, and forgets what was deleted before.
 * A damaged database is repaired: see `repairIfDamaged`.
 *
 * Errors: `data-folder-in-use`, `data-folder-read-only`, `data-folder-unusable`, `database-too-new`,
 * `database-damaged`, `disk-full`; each leaves what is stored as it was.
 */
export function openStorage(directory: string, known: readonly Migration[] = migrations): Storage {
  storing(directory, () => mkdirSync(directory, { recursive: true, mode: ownerOnly }))
  const lock = lockFolder(directory)
  let connection: Connection | undefined
  try {
    const path = join(directory, 'veranda.sqlite')
    const repair = repairIfDamaged(path)
    connection = connect(path)
    // Before the first write: a database of a newer version must stay as it is.
    checkVersion(connection, known)
    useForWriting(connection)
    migrate(connection, known)
    return tables(connection, repair, () => lock.release())
  } catch (error) {
    connection?.close()
    lock.release()
    throw error
  }
}

function tables(connection: Connection, repair: RepairReport | null, released: () => void): Storage {
  const storage: Storage = {
    models: modelsTable(connection),
    conversations: conversationsTable(connection),
    messages: messagesTable(connection),
    search: messageSearch(connection),
    personas: personasTable(connection),
    examples: examplesTable(connection),
    runs: runsTable(connection),
    adapters: adaptersTable(connection),
    settings: settingsTable(connection),
    network: networkRequestsTable(connection),
    transaction: (work) => connection.transaction(work),
    backUp: (path) => writeBackup(connection, path),
    restore: (path, mode) => restoreBackup(connection, path, mode),
    clear() {
      connection.transaction(() => clearTables(connection))
      connection.execute('VACUUM')
      connection.pragma('wal_checkpoint(TRUNCATE)')
    },
    repair,
    close() {
      connection.close()
      released()
    },
  }
  storage.transaction(() => {
    storage.conversations.purge()
    storage.examples.purge()
    storage.adapters.purge()
  })
  return storage
}
