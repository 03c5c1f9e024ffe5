/**
 * The exact LoRA form of adapters, whatever their method. VeRA's `λ_b ⊙ (B (λ_d ⊙ (A x)))` is `B' (A' x)` with
 * A' = λ_d ⊙ A (rows) and B' = λ_b ⊙ B (rows); and `Σᵢ Bᵢ (Aᵢ x)` is `B (A x)` with the Aᵢ below and the Bᵢ beside each
 * other, whose rank is the sum of the ranks. Alpha is the rank. Larger, but read by whatever reads LoRA.
 */
import type { LlamaConfig } from '../llama/config.ts'
import { projectionsOfAdapter, type DecodedAdapter } from './adapter-file.ts'
import type { VeraSettings } from './adapter-settings.ts'
import { type Branch, branchOf, trainedPart } from './branch.ts'
import { layoutVera, type VeraSite } from './layout.ts'
import { linearTargets } from './peft-targets.ts'

export type PortableAdapter = Omit<DecodedAdapter, 'settings'> & { readonly settings: VeraSettings }

/** The only one of some adapters, or the LoRA adapter that does what they do together. */
export function asOne(adapters: readonly PortableAdapter[], config: LlamaConfig): PortableAdapter {
  const [only, ...others] = adapters
  return only !== undefined && others.length === 0 ? only : sumAsLora(adapters, config)
}

/** A LoRA adapter with the same effect; the adapter itself where it is one. */
export function toLora(adapter: PortableAdapter, config: LlamaConfig): PortableAdapter {
  return adapter.layout.method === 'lora' ? adapter : sumAsLora([adapter], config)
}

function sumAsLora(adapters: readonly PortableAdapter[], config: LlamaConfig): PortableAdapter {
  const branches = new Map<string, readonly Branch[]>()
  for (const adapter of adapters) {
    const projections = projectionsOfAdapter(adapter)
    for (const site of adapter.layout.sites) {
      const branch = branchOf(site, adapter.vectors, projections)
      if (branch !== null) branches.set(site.module, [...(branches.get(site.module) ?? []), branch])
    }
  }
  const modes = adapters.map(({ settings }) => settings.bias ?? 'none')
  const bias = (['all', 'adapted'] as const).find((mode) => modes.includes(mode)) ?? 'none'
  const lora = loraOfBranches(config, branches, { ...adapters[0]?.settings, bias })
  const sites = new Map(lora.layout.sites.map((site) => [site.module, site]))
  for (const { layout, vectors } of adapters) {
    for (const site of layout.sites) addBias(site, vectors, sites.get(site.module), lora.vectors)
  }
  return lora
}

function addBias(site: VeraSite, vectors: Float32Array, to: VeraSite | undefined, sum: Float32Array): void {
  if (to === undefined) return
  const total = trainedPart(to, sum, 'bias')
  for (const [index, value] of trainedPart(site, vectors, 'bias').entries())
    total[index] = (total[index] ?? 0) + value
}

/**
 * @param branches by module, what is added to its weight: the sum of their products
 * @param settings what else is to be said of the adapter
 * @returns a LoRA adapter with that effect, what it trained of biases zero
 * @throws Failure `adapter-unsupported` where there are no branches
 */
export function loraOfBranches(
  config: LlamaConfig,
  branches: ReadonlyMap<string, readonly Branch[]>,
  { bias, dropout, projectionKey = 0, dInitial = 0 }: Partial<VeraSettings>,
): PortableAdapter {
  const ranks = new Map(
    [...branches].map(([module, of]) => [module, of.reduce((sum, { rank }) => sum + rank, 0)]),
  )
  const rank = Math.max(...ranks.values(), 1)
  const targets = { targetModules: [...ranks.keys()], layersToTransform: null }
  const settings: VeraSettings = {
    method: 'lora',
    rank,
    ...linearTargets(config, targets, rank, (module) => ranks.get(module) ?? 0),
    ...(bias !== undefined && { bias }),
    ...(dropout !== undefined && { dropout }),
    alpha: rank,
    rsLora: false,
    projectionKey,
    dInitial,
  }
  const layout = layoutVera(config, settings)
  const vectors = new Float32Array(layout.length)
  for (const site of layout.sites) {
    const joined = joinBranches(branches.get(site.module) ?? [], site)
    trainedPart(site, vectors, 'lora_A').set(joined.A)
    // A smaller rank has a larger alpha / r, which is taken back here.
    trainedPart(site, vectors, 'lora_B').set(joined.B.map((value) => value / site.scale))
  }
  return { settings, layout, vectors, storedProjections: null }
}

/** Some products' sum as one product. */
function joinBranches(
  branches: readonly Branch[],
  { rank, inFeatures, outFeatures }: Pick<VeraSite, 'rank' | 'inFeatures' | 'outFeatures'>,
): Pick<Branch, 'A' | 'B'> {
  const A = new Float32Array(rank * inFeatures)
  const B = new Float32Array(outFeatures * rank)
  let first = 0
  for (const branch of branches) {
    A.set(branch.A, first * inFeatures)
    placeColumns(B, rank, branch.B, branch.rank, { row: 0, column: first })
    first += branch.rank
  }
  return { A, B }
}

/** Writes a matrix of `fromWidth` columns into one of `width` columns, from a row and a column on. */
export function placeColumns(
  into: Float32Array,
  width: number,
  from: Float32Array,
  fromWidth: number,
  start: { readonly row: number; readonly column: number },
): void {
  for (let row = 0; row * fromWidth < from.length; row++) {
    const values = from.subarray(row * fromWidth, (row + 1) * fromWidth)
    into.set(values, (start.row + row) * width + start.column)
  }
}
