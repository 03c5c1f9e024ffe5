/**
 * Adapters of models whose files have some projections as one matrix (Phi-3's `qkv_proj`, `gate_up_proj`), as other
 * programs have them: of the fused layers. What our q_proj, k_proj and v_proj add is exactly a LoRA of the fused one,
 * `[B_q 0 0; 0 B_k 0; 0 0 B_v] [A_q; A_k; A_v]`, whose rank is the sum of theirs; taken apart, each part gets its rows
 * of B, and of the rank what these use.
 */
import { sentence } from '../../contract/sentence.ts'
import type { LlamaConfig } from '../llama/config.ts'
import { type FusedLinear, fusedLinears } from '../llama/fused-projections.ts'
import type { VeraSettings } from './adapter-settings.ts'
import { type Branch, branchOf, trainedPart } from './branch.ts'
import { layoutOfSites, outputSite, type PlannedSite, sitePart, type VeraLayout } from './layout.ts'
import { unsupported } from './peft-targets.ts'
import type { Projections } from './projections.ts'
import { loraOfBranches, placeColumns, type PortableAdapter } from './to-lora.ts'

/**
 * The layout of an adapter of the fused layers.
 *
 * @param rankOf by module, the output layer's too; 0 where it isn't adapted
 */
export function fusedLayout(
  config: LlamaConfig,
  targets: Pick<VeraSettings, 'method' | 'alpha' | 'rsLora'>,
  rankOf: (linear: { readonly module: string; readonly parts: FusedLinear['parts'] }) => number,
): VeraLayout {
  const sites = fusedLinears(config).map(({ parts, ...linear }): PlannedSite => {
    const rank = rankOf({ module: linear.module, parts })
    // What a kind decides elsewhere, its parts have in common.
    return { ...linear, kind: parts[0]?.kind ?? 'q_proj', rank, hasTrainedBias: false }
  })
  const output = outputSite(config)
  const outputRank = rankOf({ module: output.module, parts: [] })
  return layoutOfSites([...sites, { ...output, rank: outputRank, hasTrainedBias: false }], targets)
}

/**
 * A LoRA adapter as one of the fused layers.
 *
 * @throws Failure `adapter-unsupported` for trained biases
 */
export function fuseLora(adapter: PortableAdapter, config: LlamaConfig): PortableAdapter {
  const { layout, vectors } = adapter
  if (layout.sites.some((site) => sitePart(site, 'bias') !== null))
    throw unsupported(sentence`it also trained biases`)
  const branches = new Map(layout.sites.map((site) => [site.module, branchOf(site, vectors, null)]))
  const fused = new Map<string, Branch>()
  for (const linear of [...fusedLinears(config), outputLinear(config)]) {
    const branch = fuseBranches(linear, (module) => branches.get(module) ?? null)
    if (branch.rank > 0) fused.set(linear.module, branch)
  }
  const rank = Math.max(...[...fused.values()].map((branch) => branch.rank))
  const settings: VeraSettings = { ...adapter.settings, rank, alpha: rank, rsLora: false }
  const fusedInto = fusedLayout(config, settings, ({ module }) => fused.get(module)?.rank ?? 0)
  const values = new Float32Array(fusedInto.length)
  for (const site of fusedInto.sites) {
    const branch = fused.get(site.module)
    if (branch === undefined) continue
    trainedPart(site, values, 'lora_A').set(branch.A)
    trainedPart(site, values, 'lora_B').set(branch.B.map((value) => value / site.scale))
  }
  return { settings, layout: fusedInto, vectors: values, storedProjections: null }
}

/**
 * A LoRA adapter of the layers themselves.
 *
 * @param layout of `fusedLayout`
 * @param projections VeRA's; null for LoRA
 */
export function splitFusedAdapter(
  config: LlamaConfig,
  settings: Partial<VeraSettings>,
  { layout, vectors }: { readonly layout: VeraLayout; readonly vectors: Float32Array },
  projections: Projections | null,
): PortableAdapter {
  const sites = new Map(layout.sites.map((site) => [site.module, site]))
  const [all, used] = [new Map<string, readonly Branch[]>(), new Map<string, readonly Branch[]>()]
  for (const linear of [...fusedLinears(config), outputLinear(config)]) {
    const site = sites.get(linear.module)
    const whole = site && branchOf(site, vectors, projections)
    if (!whole) continue
    let row = 0
    for (const { module, outFeatures } of linear.parts) {
      const rows = whole.B.subarray(row * whole.rank, (row + outFeatures) * whole.rank)
      const own = { ...whole, B: rows }
      const branch = withUsedRank(own, linear.inFeatures)
      all.set(module, [own])
      if (branch.rank > 0) used.set(module, [branch])
      row += outFeatures
    }
  }
  // One that was never trained does nothing yet, and stays an adapter.
  return loraOfBranches(config, used.size > 0 ? used : all, settings)
}

function outputLinear(config: LlamaConfig): Pick<FusedLinear, 'module' | 'inFeatures' | 'outFeatures'> & {
  readonly parts: readonly { readonly module: string; readonly outFeatures: number }[]
} {
  const { module, inFeatures, outFeatures } = outputSite(config)
  return { module, inFeatures, outFeatures, parts: [{ module, outFeatures }] }
}

function fuseBranches(
  { inFeatures, outFeatures, parts }: ReturnType<typeof outputLinear>,
  branchOfModule: (module: string) => Branch | null,
): Branch {
  const placed: { readonly branch: Branch; readonly row: number; readonly column: number }[] = []
  const matrices: { readonly A: Float32Array; readonly column: number }[] = []
  let [row, rank] = [0, 0]
  for (const part of parts) {
    const branch = branchOfModule(part.module)
    if (branch !== null) {
      // Parts of an adapter that was of the fused layer have one A.
      const known = matrices.find(({ A }) => isSame(A, branch.A))
      placed.push({ branch, row, column: known?.column ?? rank })
      if (known === undefined) {
        matrices.push({ A: branch.A, column: rank })
        rank += branch.rank
      }
    }
    row += part.outFeatures
  }
  const A = new Float32Array(rank * inFeatures)
  const B = new Float32Array(outFeatures * rank)
  for (const matrix of matrices) A.set(matrix.A, matrix.column * inFeatures)
  for (const { branch, ...start } of placed) placeColumns(B, rank, branch.B, branch.rank, start)
  return { rank, A, B }
}

/** Without the rows of A that B gives nothing to. */
function withUsedRank({ rank, A, B }: Branch, inFeatures: number): Branch {
  const rows = B.length / rank
  const isUsed = (column: number): boolean => {
    for (let row = 0; row < rows; row++) if (B[row * rank + column] !== 0) return true
    return false
  }
  const used = Array.from({ length: rank }, (_, column) => column).filter(isUsed)
  const keptA = new Float32Array(used.length * inFeatures)
  const keptB = new Float32Array(rows * used.length)
  for (const [index, column] of used.entries()) {
    keptA.set(A.subarray(column * inFeatures, (column + 1) * inFeatures), index * inFeatures)
    for (let row = 0; row < rows; row++) keptB[row * used.length + index] = B[row * rank + column] ?? 0
  }
  return { rank: used.length, A: keptA, B: keptB }
}

function isSame(one: Float32Array, other: Float32Array): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index])
}
