/** One step of the database's layout. Once released it is never edited: a change is a new migration. */
export interface Migration {
  /** The `user_version` after it; ascending, the first is 1. */
  readonly version: number
  readonly sql: string
}
