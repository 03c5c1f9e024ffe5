import type { Feeds, Tensor } from '../graph/runtime.ts'
import { lambdaInput, projectionInput } from './adapted-linear.ts'
import type { Dropout } from './dropout.ts'
import type { VeraLayout } from './layout.ts'
import type { Projections } from './projections.ts'

/** An adapter ready to be run: its numbers, where they sit, and the projections they scale. */
export interface LiveAdapter {
  readonly layout: VeraLayout
  /** The flat vector of the layout; training changes it in place. */
  readonly vectors: Float32Array
  /** The projections' slices by the names that adapted graphs give them; none for LoRA. */
  readonly projectionFeeds: Readonly<Record<string, Tensor>>
  /** In training: what the passes drop; null elsewhere. */
  readonly dropout: Dropout | null
}

/** @param projections VeRA's; null for LoRA. */
export function liveAdapter(
  layout: VeraLayout,
  vectors: Float32Array,
  projections: Projections | null,
): LiveAdapter {
  const projectionFeeds: Record<string, Tensor> = {}
  for (const { inFeatures, outFeatures, rank } of layout.sites) {
    if (projections === null || rank === 0) continue
    projectionFeeds[projectionInput('A', inFeatures, rank)] ??= {
      data: projections.columnsOfA(inFeatures, rank),
      shape: [rank, inFeatures],
    }
    projectionFeeds[projectionInput('B', outFeatures, rank)] ??= {
      data: projections.rowsOfB(outFeatures, rank),
      shape: [outFeatures, rank],
    }
  }
  return { layout, vectors, projectionFeeds, dropout: null }
}

/** The same adapter as one of a blend: its projections get the number. */
export function renumbered(adapter: LiveAdapter, projectionSet: number): LiveAdapter {
  const sites = adapter.layout.sites.map((site) => ({ ...site, projectionSet }))
  const { projectionFeeds } = adapter
  const feeds: Record<string, Tensor> = {}
  for (const { inFeatures, outFeatures, rank } of sites) {
    for (const [matrix, size] of [['A', inFeatures] as const, ['B', outFeatures] as const]) {
      const given = projectionFeeds[projectionInput(matrix, size, rank)]
      if (given !== undefined) feeds[projectionInput(matrix, size, rank, projectionSet)] = given
    }
  }
  return { ...adapter, layout: { ...adapter.layout, sites }, projectionFeeds: feeds }
}

/** What an adapted graph takes beside its own inputs: see `declareAdapter`. */
export function adapterFeeds({ vectors, projectionFeeds }: LiveAdapter): Feeds {
  return { ...projectionFeeds, ...vectorFeeds(vectors) }
}

/** The flat vector, or a layer's part of it. */
export function vectorFeeds(vectors: Float32Array): Feeds {
  return { [lambdaInput]: { data: vectors, shape: [vectors.length] } }
}

/** The same adapter at another strength: what it adds to each layer, biases too, times `strength`. */
export function withStrength<A extends { readonly layout: VeraLayout; readonly vectors: Float32Array }>(
  adapter: A,
  strength: number,
): A {
  if (strength === 1) return adapter
  const vectors = adapter.vectors.slice()
  for (const { name, start, length } of adapter.layout.sites.flatMap((site) => site.parts)) {
    if (name === 'lambda_d' || name === 'lora_A') continue
    for (let i = start; i < start + length; i++) vectors[i] = (vectors[i] ?? 0) * strength
  }
  return { ...adapter, vectors }
}
