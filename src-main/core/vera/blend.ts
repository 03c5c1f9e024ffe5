import type { Tensor } from '../graph/runtime.ts'
import { LINEAR_KINDS } from '../llama/linear-kinds.ts'
import type { VeraLayout, VeraSite } from './layout.ts'
import { type LiveAdapter, renumbered } from './live-adapter.ts'

/**
 * Several adapters at once: to each linear layer is added what each of them adds, `Σᵢ λ_bᵢ ⊙ (Bᵢ (λ_dᵢ ⊙ (Aᵢ x)))`,
 * which is exact, whatever their ranks, keys, layers and methods are. (A mean of their vectors would be something
 * else: an update is a product of λ_d and λ_b, and no vectors give the sum of two products.) Scaled with
 * `withStrength` before, they are a weighted sum.
 *
 * Sites of one module stand side by side, so that a layer's parameters stay one range of the flat vector.
 */
export function addUp(adapters: readonly LiveAdapter[]): LiveAdapter {
  const [first, ...others] = adapters.map((adapter, index) => renumbered(adapter, index))
  if (first === undefined) throw new RangeError('There is nothing to add up.')
  if (others.length === 0) return first
  const all = [first, ...others]
  const placed = all
    .flatMap(({ layout, vectors }) => layout.sites.map((site) => ({ site, vectors })))
    .toSorted((a, b) => order(a.site) - order(b.site))
  const vectors = new Float32Array(all.reduce((sum, { layout }) => sum + layout.length, 0))
  const sites: VeraSite[] = []
  let start = 0
  for (const { site, vectors: from } of placed) {
    const parts = site.parts.map((part) => {
      vectors.set(from.subarray(part.start, part.start + part.length), start)
      const moved = { ...part, start }
      start += part.length
      return moved
    })
    sites.push({ ...site, parts })
  }
  const layouts = all.map(({ layout }) => layout)
  const most = (of: (layout: VeraLayout) => number): number => Math.max(...layouts.map(of))
  const layout = {
    // What only VeRA can do (texts answered together) is not asked of a blend with a LoRA adapter in it.
    method: layouts.some(({ method }) => method === 'lora') ? ('lora' as const) : ('vera' as const),
    sites,
    length: vectors.length,
    rank: most(({ rank }) => rank),
    maxIn: most(({ maxIn }) => maxIn),
    maxOut: most(({ maxOut }) => maxOut),
  }
  const projectionFeeds: Record<string, Tensor> = {}
  for (const adapter of all) Object.assign(projectionFeeds, adapter.projectionFeeds)
  return { layout, vectors, projectionFeeds, dropout: null }
}

const kinds: readonly VeraSite['kind'][] = [...LINEAR_KINDS, 'lm_head']

/** By layer, and in a layer in forward order. */
function order({ layer, kind }: VeraSite): number {
  return layer * kinds.length + kinds.indexOf(kind)
}
