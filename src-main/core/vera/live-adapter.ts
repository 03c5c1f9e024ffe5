import type { Feeds, Tensor } from '../graph/runtime.ts'
import { lambdaInput, projectionInput } from './adapted-linear.ts'
import type { VeraLayout } from './layout.ts'
import type { Projections } from './projections.ts'

/** An adapter ready to be run: its numbers, where they sit, and the projections they scale. */
export interface LiveAdapter {
  readonly layout: VeraLayout
  /** The flat vector of the layout; training changes it in place. */
  readonly vectors: Float32Array
  /** The projections' slices by the names that adapted graphs give them. */
  readonly projectionFeeds: Readonly<Record<string, Tensor>>
}

export function liveAdapter(
  layout: VeraLayout,
  vectors: Float32Array,
  projections: Projections,
): LiveAdapter {
  const { rank } = layout
  const projectionFeeds: Record<string, Tensor> = {}
  for (const size of new Set(layout.sites.map((site) => site.inFeatures))) {
    projectionFeeds[projectionInput('A', size)] = { data: projections.columnsOfA(size), shape: [rank, size] }
  }
  for (const size of new Set(layout.sites.map((site) => site.outFeatures))) {
    projectionFeeds[projectionInput('B', size)] = { data: projections.rowsOfB(size), shape: [size, rank] }
  }
  return { layout, vectors, projectionFeeds }
}

/** What an adapted graph takes beside its own inputs: see `declareAdapter`. */
export function adapterFeeds({ vectors, projectionFeeds }: LiveAdapter): Feeds {
  return { ...projectionFeeds, [lambdaInput]: { data: vectors, shape: [vectors.length] } }
}

/** The same adapter at another strength: λ_b times `strength`, so its effect scales exactly linearly. */
export function withStrength(adapter: LiveAdapter, strength: number): LiveAdapter {
  if (strength === 1) return adapter
  const vectors = adapter.vectors.slice()
  for (const { lambdaB, outFeatures } of adapter.layout.sites) {
    for (let i = lambdaB; i < lambdaB + outFeatures; i++) vectors[i] = (vectors[i] ?? 0) * strength
  }
  return { ...adapter, vectors }
}
