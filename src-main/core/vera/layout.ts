/**
 * Where each trained number of a VeRA adapter sits in one flat float32 vector.
 *
 * Layer by layer, in a layer the kinds in forward order, of each site lambda_d [rank] then lambda_b [out]:
 * a layer's parameters are one contiguous range, so a trainer can step layer by layer over the same vector.
 */
import { Failure } from '../../contract/failure.ts'
import type { LlamaConfig } from '../llama/config.ts'
import { linearKinds, linearModule, type LinearKind } from '../llama/linear-kinds.ts'

/** Which linear layers are adapted. */
export interface VeraTargets {
  readonly rank: number
  readonly targets: readonly LinearKind[]
  /** Decoder layers counted from 0; null is all of them. */
  readonly layers: readonly number[] | null
}

/** One adapted linear layer: `y = W x + lambda_b * (B[:out] (lambda_d * (A[:, :in] x)))`. */
export interface VeraSite {
  readonly layer: number
  readonly kind: LinearKind
  /** As transformers names it, for example `model.layers.0.self_attn.q_proj`. */
  readonly module: string
  readonly inFeatures: number
  readonly outFeatures: number
  /** Offset of lambda_d, `rank` numbers, in the flat vector. */
  readonly lambdaD: number
  /** Offset of lambda_b, `outFeatures` numbers, in the flat vector. */
  readonly lambdaB: number
}

export interface VeraLayout {
  readonly rank: number
  readonly sites: readonly VeraSite[]
  /** Numbers in the flat vector: the trainable parameters. */
  readonly length: number
  /** The shape of the shared projections: the largest sizes over the sites. */
  readonly maxIn: number
  readonly maxOut: number
}

/**
 * The layout of an adapter on a model.
 *
 * @throws Failure `adapter-targets` where the rank is no positive integer, a layer is not in the model or
 *   nothing is adapted.
 */
export function layoutVera(config: LlamaConfig, targets: VeraTargets): VeraLayout {
  checkTargets(config, targets)
  const sites: VeraSite[] = []
  let length = 0
  for (let layer = 0; layer < config.layerCount; layer++) {
    if (targets.layers !== null && !targets.layers.includes(layer)) continue
    for (const { kind, inFeatures, outFeatures } of linearKinds(config)) {
      if (!targets.targets.includes(kind)) continue
      const lambdaD = length
      const lambdaB = length + targets.rank
      length = lambdaB + outFeatures
      sites.push({
        layer,
        kind,
        module: linearModule(layer, kind),
        inFeatures,
        outFeatures,
        lambdaD,
        lambdaB,
      })
    }
  }
  return {
    rank: targets.rank,
    sites,
    length,
    maxIn: Math.max(...sites.map((site) => site.inFeatures)),
    maxOut: Math.max(...sites.map((site) => site.outFeatures)),
  }
}

/** The upper share of a model's layers, at least one; null where that is all of them. */
export function upperLayers(layerCount: number, share: number): readonly number[] | null {
  const count = Math.max(1, Math.round(layerCount * share))
  if (count >= layerCount) return null
  return Array.from({ length: count }, (_, index) => layerCount - count + index)
}

function checkTargets(config: LlamaConfig, { rank, targets, layers }: VeraTargets): void {
  if (!Number.isInteger(rank) || rank < 1) {
    throw new Failure('adapter-targets', `The rank of an adapter is ${rank}; choose a whole number from 1.`)
  }
  if (targets.length === 0 || layers?.length === 0) {
    throw new Failure(
      'adapter-targets',
      'The adapter adapts no layer; choose at least one kind and one layer.',
    )
  }
  const stranger = layers?.find(
    (layer) => !Number.isInteger(layer) || layer < 0 || layer >= config.layerCount,
  )
  if (stranger !== undefined) {
    throw new Failure(
      'adapter-targets',
      `The adapter names layer ${stranger}, but the model has the layers 0 to ${config.layerCount - 1}.`,
    )
  }
}

/** The part of the flat vector, [start, end), that belongs to one decoder layer; empty where it isn't adapted. */
export function layerRange(
  layout: VeraLayout,
  layer: number,
): { readonly start: number; readonly end: number } {
  const sites = layout.sites.filter((site) => site.layer === layer)
  const first = sites.at(0)
  const last = sites.at(-1)
  if (first === undefined || last === undefined) return { start: 0, end: 0 }
  return { start: first.lambdaD, end: last.lambdaB + last.outFeatures }
}

/** The start of training: every lambda_d is `dInitial`, every lambda_b 0, so the model is still the base. */
export function initialVectors(layout: VeraLayout, dInitial: number): Float32Array {
  const vectors = new Float32Array(layout.length)
  for (const site of layout.sites) vectors.fill(dInitial, site.lambdaD, site.lambdaD + layout.rank)
  return vectors
}
