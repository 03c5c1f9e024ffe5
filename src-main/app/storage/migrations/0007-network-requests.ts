import type { Migration } from './migration.ts'

/** What the app asked of the network. */
export const networkRequests: Migration = {
  version: 7,
  sql: `
CREATE TABLE network_requests (
  id TEXT NOT NULL PRIMARY KEY,
  started_at INTEGER NOT NULL,
  host TEXT NOT NULL,
  purpose TEXT NOT NULL,
  subject TEXT NOT NULL,
  received_bytes INTEGER NOT NULL CHECK (received_bytes >= 0),
  outcome TEXT NOT NULL CHECK (outcome IN ('running', 'done', 'redirected', 'refused', 'failed'))
) STRICT;
CREATE INDEX network_requests_by_time ON network_requests (started_at);
`,
}
