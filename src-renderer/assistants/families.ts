/** Adapters as families: an adapter and the versions that were made of it. */
import type { Adapter } from '../../src-main/contract/entities.ts'

export interface Version {
  readonly adapter: Adapter
  /** How many versions lie between it and the family's first one. */
  readonly depth: number
}

/** The first version, then each with what was made of it below it. */
export type Family = readonly Version[]

/**
 * Every adapter once: below its first parent that is still there, else as the first of a family. A blend begins a
 * family of its own, as it is no newer version of either. Families come by their newest version.
 */
export function familiesOf(adapters: readonly Adapter[]): readonly Family[] {
  const byId = new Map(adapters.map((adapter) => [adapter.id, adapter]))
  const parentOf = ({ origin, parents }: Adapter): Adapter | undefined =>
    origin === 'blended' ? undefined : parents.map(({ id }) => byId.get(id)).find((parent) => parent)
  const oldestFirst = adapters.toSorted((a, b) => a.createdAt - b.createdAt)
  const below = (adapter: Adapter, depth: number): Version[] => [
    { adapter, depth },
    ...oldestFirst.filter((other) => parentOf(other) === adapter).flatMap((child) => below(child, depth + 1)),
  ]
  const newest = (family: Family): number => Math.max(...family.map(({ adapter }) => adapter.createdAt))
  return oldestFirst
    .filter((adapter) => parentOf(adapter) === undefined)
    .map((adapter) => below(adapter, 0))
    .toSorted((a, b) => newest(b) - newest(a))
}
