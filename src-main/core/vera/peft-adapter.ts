/**
 * VeRA and LoRA adapters as PEFT's `save_pretrained` writes them: `adapter_config.json` and
 * `adapter_model.safetensors`.
 *
 * A saved A and B win over the seed, also over a rounded base: PEFT rounds them to bf16 over a bf16 model. Those
 * not saved are made from the seed in float32, as PEFT does over a float32 model.
 */
import { Failure } from '../../contract/failure.ts'
import { sentence, type Value } from '../../contract/sentence.ts'
import { memorySource } from '../checkpoint/byte-source.ts'
import { readSafetensors, type SafetensorsFile, writeSafetensors } from '../checkpoint/safetensors.ts'
import type { LlamaConfig } from '../llama/config.ts'
import { projectionsOfAdapter } from './adapter-file.ts'
import { type AdapterOrigin, originKey, originToJson } from './adapter-origin.ts'
import type { VeraSettings } from './adapter-settings.ts'
import {
  adapterTensors,
  floatsOf,
  foreignTensors,
  readStoredProjections,
  readVectors,
} from './adapter-tensors.ts'
import { layoutVera, type VeraLayout } from './layout.ts'
import { parsePeftConfig, type PeftConfig, writePeftConfig } from './peft-config.ts'
import { linearTargets, matchesEnd, unsupported } from './peft-targets.ts'
import { projections, type Projections } from './projections.ts'

export interface PeftAdapter {
  readonly settings: VeraSettings
  readonly layout: VeraLayout
  /** The flat vector of the layout. */
  readonly vectors: Float32Array
  /** The saved projections where the seed would give others; null where the seed is enough. */
  readonly storedProjections: Projections | null
  /** `base_model_name_or_path`: a name to show, no proof. */
  readonly baseModelName: string | null
}

/**
 * The first elements of a tensor of the base model by transformers' name, as float32: a whole bias where the adapter
 * trains biases, rows of `lm_head.weight` where it holds them.
 */
export type BaseTensor = (name: string, count: number) => Float32Array

/** PEFT stores the output layer's own weights beside its branch. */
const savedOutput = 'base_model.model.lm_head.base_layer.weight'
/** So much of them is compared, and so far may they be from the base's, which may hold 4 bits a weight. */
const comparedRows = 1024
const mostRounding = 0.2

/**
 * @param configText the text of adapter_config.json
 * @param tensorBytes adapter_model.safetensors
 *
 * @throws Failure `adapter-unsupported` where the adapter uses what Veranda doesn't (another method,
 *   whole modules), `adapter-broken` for a config that makes no sense, `adapter-incomplete` and
 *   `adapter-shape` where the tensors don't fit it or the model, or one of `readSafetensors`.
 */
export function readPeftAdapter(
  configText: string,
  tensorBytes: Uint8Array,
  llamaConfig: LlamaConfig,
  base: BaseTensor,
): PeftAdapter {
  const peft = parsePeftConfig(configText)
  const settings = settingsOf(peft, llamaConfig)
  const layout = layoutVera(llamaConfig, settings)
  const file = readSafetensors(memorySource(tensorBytes))
  checkTensors(file, layout, [savedOutput])
  checkSavedOutput(file, layout, base)
  const vectors = readVectors(file, layout, 'whole')
  addBiases(vectors, layout, base, -1)
  const stored = savedProjections(peft, file, layout)
  const storedProjections = stored !== null && isOfKey(stored, settings, layout) ? null : stored
  return { settings, layout, vectors, storedProjections, baseModelName: peft.baseModelName }
}

/**
 * The projections of the file; null where it has to have none.
 *
 * @throws Failure `adapter-incomplete` and those of `readStoredProjections`
 */
export function savedProjections(
  peft: PeftConfig,
  file: SafetensorsFile,
  layout: VeraLayout,
): Projections | null {
  const stored = readStoredProjections(file, layout)
  if (stored !== null || !peft.savesProjections) return stored
  throw new Failure(
    'adapter-incomplete',
    sentence`The adapter says that it holds its projections (save_projection), but they are missing. Save it again with PEFT.`,
  )
}

/** Fails with `adapter-unsupported` for tensors that are no part of an adapter of this layout. */
export function checkTensors(file: SafetensorsFile, layout: VeraLayout, known: readonly string[] = []): void {
  const foreign = foreignTensors(file, layout, 'whole').filter((name) => !known.includes(name))
  if (foreign.length > 0) throw unsupported(sentence`it also holds ${listed(foreign)}`)
}

/**
 * An adapter as PEFT reads it: the text of adapter_config.json and adapter_model.safetensors.
 *
 * @throws Failure `adapter-not-peft` for a VeRA adapter with ranks that differ, which PEFT doesn't know; `toLora`
 *   makes an equal adapter that it does.
 */
export function writePeftAdapter(
  adapter: Omit<PeftAdapter, 'baseModelName'>,
  options: {
    readonly baseModelName: string | null
    readonly savesProjections: boolean
    /** For the metadata, of which PEFT takes no notice. */
    readonly origin?: AdapterOrigin
  },
  base: BaseTensor,
): { readonly config: string; readonly tensors: Uint8Array<ArrayBuffer> } {
  const { settings, layout, storedProjections } = adapter
  const adapted = layout.sites.filter((site) => site.rank > 0)
  const { method, rank } = layout
  if (method === 'vera' && adapted.some((site) => site.rank !== rank)) {
    throw new Failure(
      'adapter-not-peft',
      "The adapter has other ranks in some layers than in others, which PEFT's VeRA doesn't know. Export it as LoRA, which is exact.",
    )
  }
  const vectors = adapter.vectors.slice()
  addBiases(vectors, layout, base, 1)
  const saved = options.savesProjections || storedProjections !== null ? projectionsOfAdapter(adapter) : null
  const config: PeftConfig = {
    method,
    // Full names, which PEFT takes whatever the layer: right also where kinds differ by layer.
    targetModules: adapted.map((site) => site.module),
    layersToTransform: null,
    rank,
    bias: settings.bias ?? 'none',
    dropout: settings.dropout ?? 0,
    baseModelName: options.baseModelName,
    projectionKey: settings.projectionKey,
    dInitial: settings.dInitial,
    savesProjections: saved !== null,
    alpha: settings.alpha ?? rank,
    rsLora: settings.rsLora ?? false,
    rankPattern: Object.fromEntries(
      adapted
        .filter((site) => site.rank !== rank)
        .map((site) => [site.module.replaceAll('.', '\\.'), site.rank]),
    ),
  }
  const metadata = new Map([['format', 'pt']])
  if (options.origin !== undefined) metadata.set(originKey, originToJson(options.origin))
  return {
    config: writePeftConfig(config),
    tensors: writeSafetensors(adapterTensors(layout, vectors, saved, 'whole'), metadata),
  }
}

/** The rank of a module that is adapted. */
export function ranksOf({ rank, rankPattern }: PeftConfig): (module: string) => number {
  const patterns = Object.entries(rankPattern).map(([pattern, ofPattern]) => ({
    matches: matchesEnd(pattern),
    ofPattern,
  }))
  return (module) => patterns.find(({ matches }) => matches(module))?.ofPattern ?? rank
}

function settingsOf(peft: PeftConfig, llamaConfig: LlamaConfig): VeraSettings {
  const { method, rank, bias, alpha, rsLora, projectionKey, dInitial, dropout } = peft
  return {
    method,
    rank,
    ...linearTargets(llamaConfig, peft, rank, ranksOf(peft)),
    bias,
    ...(method === 'lora' ? { alpha, rsLora } : {}),
    projectionKey,
    dInitial,
    dropout,
  }
}

/** Between what was trained on top of the biases and all of them. */
function addBiases(vectors: Float32Array, layout: VeraLayout, base: BaseTensor, sign: 1 | -1): void {
  for (const { module, parts } of layout.sites) {
    const part = parts.find(({ name }) => name === 'bias')
    if (part === undefined) continue
    const bias = base(`${module}.bias`, part.length)
    for (let i = 0; i < part.length; i++) {
      vectors[part.start + i] = (vectors[part.start + i] ?? 0) + sign * (bias[i] ?? 0)
    }
  }
}

/** The stored output weights must be the base's own: Veranda keeps those. */
function checkSavedOutput(file: SafetensorsFile, layout: VeraLayout, base: BaseTensor): void {
  const tensor = file.tensors.get(savedOutput)
  if (tensor === undefined) return
  const site = layout.sites.find(({ kind }) => kind === 'lm_head')
  if (site === undefined || tensor.shape.join() !== `${site.outFeatures},${site.inFeatures}`) {
    throw unsupported(sentence`it also holds ${savedOutput}`)
  }
  const count = Math.min(comparedRows, site.outFeatures) * site.inFeatures
  const own = base('lm_head.weight', count)
  const stored = floatsOf(tensor).subarray(0, count)
  const sumOf = (value: (i: number) => number): number => own.reduce((sum, _, i) => sum + value(i) ** 2, 0)
  const difference = sumOf((i) => (own[i] ?? 0) - (stored[i] ?? 0))
  if (!(difference <= mostRounding ** 2 * sumOf((i) => own[i] ?? 0))) {
    throw unsupported(sentence`it brings an output layer of its own (lm_head)`)
  }
}

function isOfKey(stored: Projections, settings: VeraSettings, layout: VeraLayout): boolean {
  const { A, B } = projections({ ...layout, key: settings.projectionKey })
  return A.every((value, i) => value === stored.A[i]) && B.every((value, i) => value === stored.B[i])
}

function listed(names: readonly string[]): Value {
  const named = names.slice(0, 2)
  const rest = names.length - named.length
  return rest > 0 ? sentence`${named} and ${rest} more tensors` : named
}
