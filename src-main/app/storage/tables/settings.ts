import type { Connection } from '../connection.ts'

export type SettingsTable = ReturnType<typeof settingsTable>

export function settingsTable(connection: Connection) {
  const get = connection.prepare<{ name: string }, { value: string }>(
    'SELECT value FROM settings WHERE name = @name',
  )
  const put = connection.prepare<{ name: string; value: string }>(
    'INSERT INTO settings (name, value) VALUES (@name, @value) ON CONFLICT DO UPDATE SET value = @value',
  )
  return {
    /** The stored value as parsed JSON; undefined if it was never set. */
    get(name: string): unknown {
      const row = get.get({ name })
      return row === undefined ? undefined : JSON.parse(row.value)
    },
    put: (name: string, value: unknown): void => void put.run({ name, value: JSON.stringify(value) }),
  }
}
