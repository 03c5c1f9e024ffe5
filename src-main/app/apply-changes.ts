import type { Changes } from './services.ts'

/** The values with the given ones in their place. */
export function applyChanges<T extends object>(values: T, changes: Changes<T>): T {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined)
  return { ...values, ...Object.fromEntries(given) }
}
