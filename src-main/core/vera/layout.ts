/**
 * Where each trained number of an adapter sits in one flat float32 vector.
 *
 * Layer by layer, in a layer the kinds in forward order, of each site its parts one after the other: a layer's
 * parameters are one contiguous range, so a trainer can step layer by layer over the same vector.
 */
import type { LlamaConfig } from '../llama/config.ts'
import { hasBias, linearKinds, linearModule, type LinearKind } from '../llama/linear-kinds.ts'
import { checkTargets, rankOf, type VeraTargets } from './targets.ts'

/** What is trained of one linear layer. */
export type PartName = 'lambda_d' | 'lambda_b' | 'lora_A' | 'lora_B' | 'bias'

export interface SitePart {
  readonly name: PartName
  /** In the flat vector, row-major. */
  readonly start: number
  readonly length: number
  readonly shape: readonly number[]
}

/**
 * One adapted linear layer. VeRA: `y = W x + lambda_b * (B[:out, :rank] (lambda_d * (A[:rank, :in] x)))`; LoRA:
 * `y = W x + scale * (B (A x))`; a trained bias is added to either, or stands alone (rank 0).
 */
export interface VeraSite {
  /** The output layer stands above the last: `layerCount`. */
  readonly layer: number
  readonly kind: LinearKind | 'lm_head'
  /** As transformers names it, for example `model.layers.0.self_attn.q_proj`. */
  readonly module: string
  readonly inFeatures: number
  readonly outFeatures: number
  readonly rank: number
  /** LoRA's alpha / r, or alpha / √r; 1 for VeRA. */
  readonly scale: number
  /** Which projections it scales: 0, but for the later adapters of a blend; sites of one module differ in it. */
  readonly projectionSet: number
  /** In the order of the flat vector. */
  readonly parts: readonly SitePart[]
}

export interface VeraLayout {
  readonly method: 'vera' | 'lora'
  /** That of the shared projections: the largest of the sites. */
  readonly rank: number
  readonly sites: readonly VeraSite[]
  /** Numbers in the flat vector: the trainable parameters. */
  readonly length: number
  /** The shape of the shared projections: the largest sizes over the adapted sites. */
  readonly maxIn: number
  readonly maxOut: number
}

/**
 * The layout of an adapter on a model.
 *
 * @throws Failure `adapter-targets` where a rank is no whole number, a layer is not in the model or nothing is
 *   adapted.
 */
export function layoutVera(config: LlamaConfig, targets: VeraTargets): VeraLayout {
  checkTargets(config, targets)
  const sites: PlannedSite[] = []
  for (let layer = 0; layer < config.layerCount; layer++) {
    for (const { kind, inFeatures, outFeatures } of linearKinds(config)) {
      const rank = rankOf(targets, layer, kind)
      const trainsBias = targets.bias === 'all' || (targets.bias === 'adapted' && rank > 0)
      const module = linearModule(layer, kind)
      const hasTrainedBias = trainsBias && hasBias(config, kind)
      sites.push({ layer, kind, module, inFeatures, outFeatures, rank, hasTrainedBias })
    }
  }
  sites.push({ ...outputSite(config), rank: targets.outputRank ?? 0, hasTrainedBias: false })
  return layoutOfSites(sites, targets)
}

export type PlannedSite = Omit<VeraSite, 'scale' | 'projectionSet' | 'parts'> & {
  readonly hasTrainedBias: boolean
}

/** The layout of these sites, in their order, those of which nothing is trained left out. */
export function layoutOfSites(
  planned: readonly PlannedSite[],
  targets: Pick<VeraTargets, 'method' | 'alpha' | 'rsLora'>,
): VeraLayout {
  const method = targets.method ?? 'vera'
  const sites: VeraSite[] = []
  let length = 0
  for (const { hasTrainedBias, ...site } of planned) {
    const { rank, inFeatures, outFeatures } = site
    const parts: SitePart[] = []
    const part = (name: PartName, ...shape: readonly number[]): void => {
      const size = shape.reduce((a, b) => a * b, 1)
      parts.push({ name, start: length, length: size, shape })
      length += size
    }
    if (rank > 0 && method === 'vera') {
      part('lambda_d', rank)
      part('lambda_b', outFeatures)
    } else if (rank > 0) {
      part('lora_A', rank, inFeatures)
      part('lora_B', outFeatures, rank)
    }
    if (hasTrainedBias) part('bias', outFeatures)
    if (parts.length === 0) continue
    const scale = method === 'vera' ? 1 : loraScale(targets, rank)
    sites.push({ ...site, scale, projectionSet: 0, parts })
  }
  const adapted = sites.filter((site) => site.rank > 0)
  return {
    method,
    rank: Math.max(...adapted.map((site) => site.rank)),
    sites,
    length,
    maxIn: Math.max(...adapted.map((site) => site.inFeatures)),
    maxOut: Math.max(...adapted.map((site) => site.outFeatures)),
  }
}

/** The output layer as a site. */
export function outputSite({ layerCount, hiddenSize, vocabularySize }: LlamaConfig) {
  const sizes = { inFeatures: hiddenSize, outFeatures: vocabularySize }
  return { layer: layerCount, kind: 'lm_head', module: 'lm_head', ...sizes } as const
}

/** PEFT's scaling: alpha / r, with rank-stabilised LoRA (arXiv 2312.03732) alpha / √r; alpha is r unless given. */
function loraScale({ alpha, rsLora }: Pick<VeraTargets, 'alpha' | 'rsLora'>, rank: number): number {
  if (rank === 0) return 1
  return (alpha ?? rank) / (rsLora === true ? Math.sqrt(rank) : rank)
}

/** The upper share of a model's layers, at least one; null where that is all of them. */
export function upperLayers(layerCount: number, share: number): readonly number[] | null {
  const count = Math.max(1, Math.round(layerCount * share))
  if (count >= layerCount) return null
  return Array.from({ length: count }, (_, index) => layerCount - count + index)
}

/** The part of the flat vector, [start, end), that belongs to one decoder layer; empty where it isn't adapted. */
export function layerRange(
  layout: VeraLayout,
  layer: number,
): { readonly start: number; readonly end: number } {
  const parts = layout.sites.filter((site) => site.layer === layer).flatMap((site) => site.parts)
  const first = parts.at(0)
  const last = parts.at(-1)
  if (first === undefined || last === undefined) return { start: 0, end: 0 }
  return { start: first.start, end: last.start + last.length }
}

/** The sites of one decoder layer as a layout of their own, over the layer's range of the flat vector. */
export function layerLayout(
  layout: VeraLayout,
  layer: number,
  moduleOf: (kind: LinearKind) => string,
): VeraLayout {
  const { start, end } = layerRange(layout, layer)
  const sites = layout.sites.flatMap((site) => {
    if (site.layer !== layer || site.kind === 'lm_head') return []
    const parts = site.parts.map((part) => ({ ...part, start: part.start - start }))
    return [{ ...site, module: moduleOf(site.kind), parts }]
  })
  return { ...layout, sites, length: end - start }
}

/** What tells graphs of two layouts apart that differ only in the vectors' numbers or in the layer's number. */
export function layoutSignature({ method, rank, sites }: VeraLayout): string {
  const each = sites.map(
    (site) =>
      `${site.kind}:${site.projectionSet}:${site.rank}*${site.scale}${sitePart(site, 'lora_A') !== null ? 'l' : ''}${sitePart(site, 'bias') !== null ? '+' : ''}`,
  )
  return `${method} ${rank} ${each.join()}`
}

/** Where a part of a site sits; null where it has none of that name. */
export function sitePart(site: VeraSite, name: PartName): SitePart | null {
  return site.parts.find((part) => part.name === name) ?? null
}
