/** One SQLite database with statements whose errors are failures a person can read. */
import Database from 'better-sqlite3'
import { storing } from './storage-failure.ts'

/** A prepared statement over named parameters (`@name`). */
export interface Statement<Parameters extends object, Row> {
  /** How many rows it changed. */
  run(parameters: Parameters): number
  get(parameters: Parameters): Row | undefined
  all(parameters: Parameters): Row[]
  /** The same one by one; nothing else may be asked of the connection meanwhile. */
  iterate(parameters: Parameters): IterableIterator<Row>
}

export interface Connection {
  readonly path: string
  prepare<Parameters extends object, Row = never>(sql: string): Statement<Parameters, Row>
  /** All or nothing; may be nested. */
  transaction<T>(work: () => T): T
  execute(sql: string): void
  /** The first column of a pragma's first row. */
  pragma(source: string): unknown
  close(): void
}

/** Opens the database file without writing to it; the pragmas that write are `useForWriting`'s. */
export function connect(path: string): Connection {
  const database = storing(path, () => new Database(path))
  return {
    path,
    prepare<Parameters extends object, Row>(sql: string): Statement<Parameters, Row> {
      const statement = storing(path, () => database.prepare<[Parameters], Row>(sql))
      return {
        run: (parameters) => storing(path, () => statement.run(parameters).changes),
        get: (parameters) => storing(path, () => statement.get(parameters)),
        all: (parameters) => storing(path, () => statement.all(parameters)),
        iterate: (parameters) => storing(path, () => statement.iterate(parameters)),
      }
    },
    transaction: (work) => storing(path, () => database.transaction(work).immediate()),
    execute: (sql) => storing(path, () => void database.exec(sql)),
    pragma: (source) => storing(path, () => database.pragma(source, { simple: true })),
    close: () => void database.close(),
  }
}

/**
 * Sets what holds for every connection that writes: a write-ahead log, synced at each commit (what a person
 * wrote must survive a power cut), foreign keys, and deleted rows overwritten with zeros.
 */
export function useForWriting(connection: Connection): void {
  connection.pragma('journal_mode = WAL')
  connection.pragma('synchronous = FULL')
  connection.pragma('foreign_keys = ON')
  connection.pragma('secure_delete = ON')
}
