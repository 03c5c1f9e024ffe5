/**
 * An adapter as one safetensors file: the trained vectors under PEFT's tensor names, and in the metadata
 * (entry `veranda`) the settings that make them usable again. Projections are stored only where their key does
 * not give them back.
 */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { memorySource } from '../checkpoint/byte-source.ts'
import { readSafetensors, writeSafetensors, type SafetensorsFile } from '../checkpoint/safetensors.ts'
import type { LlamaConfig } from '../llama/config.ts'
import { type AdapterOrigin, originKey, originToJson } from './adapter-origin.ts'
import { settingsFromJson, settingsToJson, type AdapterSettings } from './adapter-settings.ts'
import { adapterTensors, readStoredProjections, readVectors } from './adapter-tensors.ts'
import { blendContent, partsOf } from './blend-file.ts'
import { layoutVera, type VeraLayout } from './layout.ts'
import { projections, type Projections } from './projections.ts'

export interface DecodedAdapter {
  readonly settings: AdapterSettings
  readonly layout: VeraLayout
  /** The flat vector of the layout. */
  readonly vectors: Float32Array
  /** Those of the file, which win over the key; null where it holds none: see `projectionsOfAdapter`. */
  readonly storedProjections: Projections | null
}

/**
 * The bytes of an adapter file.
 *
 * @param vectors the flat vector of the layout, [layout.length]
 * @param stored projections that don't come from the key; null for an adapter of our own
 * @param origin for a file that leaves the app
 */
export function encodeAdapter(
  settings: AdapterSettings,
  layout: VeraLayout,
  vectors: Float32Array,
  stored: Projections | null = null,
  origin: AdapterOrigin | null = null,
): Uint8Array<ArrayBuffer> {
  const metadata = new Map([
    ['format', 'pt'],
    ['veranda', settingsToJson(settings)],
  ])
  if (origin !== null) metadata.set(originKey, originToJson(origin))
  return writeSafetensors(adapterTensors(layout, vectors, stored), metadata)
}

/** The settings of an adapter file, of a blend the first's, without its vectors; fails as `decodeAdapter` does. */
export function readAdapterSettings(bytes: Uint8Array): AdapterSettings {
  const file = readSafetensors(memorySource(bytes))
  return settingsOf(partsOf(file)[0] ?? file)
}

/**
 * An adapter file for a model; `checkBaseModel` tells whether it is the right one.
 *
 * @throws Failure `adapter-broken`, `adapter-version`, `adapter-blended`, `adapter-incomplete` (a tensor is missing),
 *   `adapter-shape` and `adapter-targets` (made for a model of another shape), or one of `readSafetensors`.
 */
export function decodeAdapter(bytes: Uint8Array, config: LlamaConfig): DecodedAdapter {
  const [only, ...others] = partsOf(readSafetensors(memorySource(bytes)))
  if (only !== undefined && others.length === 0) return decodePart(only, config)
  throw new Failure(
    'adapter-blended',
    sentence`This assistant is a blend of others: it can answer, be blended, exported and deleted. To train on it, take one of those it is made of.`,
  )
}

/** The adapters of a file: one, or those of a blend; fails as `decodeAdapter` does. */
export function decodeAdapters(bytes: Uint8Array, config: LlamaConfig): readonly DecodedAdapter[] {
  return partsOf(readSafetensors(memorySource(bytes))).map((part) => decodePart(part, config))
}

/**
 * The bytes of a file of one adapter, or of several whose effects are to be added up.
 *
 * @param origin for a file that leaves the app
 */
export function encodeAdapters(
  adapters: readonly DecodedAdapter[],
  origin: AdapterOrigin | null = null,
): Uint8Array<ArrayBuffer> {
  const [only, ...others] = adapters
  if (only !== undefined && others.length === 0) {
    const { settings, layout, vectors, storedProjections } = only
    return encodeAdapter(settings, layout, vectors, storedProjections, origin)
  }
  const { tensors, metadata } = blendContent(
    adapters.map(({ settings, layout, vectors, storedProjections }) => ({
      settings: settingsToJson(settings),
      tensors: adapterTensors(layout, vectors, storedProjections),
    })),
  )
  if (origin !== null) metadata.set(originKey, originToJson(origin))
  return writeSafetensors(tensors, metadata)
}

function decodePart(file: SafetensorsFile, config: LlamaConfig): DecodedAdapter {
  const settings = settingsOf(file)
  const layout = layoutVera(config, settings)
  return {
    settings,
    layout,
    vectors: readVectors(file, layout),
    storedProjections: readStoredProjections(file, layout),
  }
}

/** The projections an adapter works with: the stored ones, else those of its key; null for LoRA, which has none. */
export function projectionsOfAdapter(adapter: {
  readonly settings: { readonly projectionKey: number }
  readonly layout: VeraLayout
  readonly storedProjections: Projections | null
}): Projections | null {
  const { settings, layout, storedProjections } = adapter
  if (layout.method === 'lora') return null
  return storedProjections ?? projections({ ...layout, key: settings.projectionKey })
}

/** @throws Failure `adapter-wrong-model` unless the adapter was trained on the model with this source hash. */
export function checkBaseModel(
  { baseModelHash }: Pick<AdapterSettings, 'baseModelHash'>,
  modelHash: string,
): void {
  if (baseModelHash === modelHash) return
  throw new Failure(
    'adapter-wrong-model',
    sentence`The adapter was trained on another model (${baseModelHash.slice(0, 12)}…, not ${modelHash.slice(0, 12)}…). Choose the model it was trained on, or train it again on this one.`,
  )
}

function settingsOf(file: SafetensorsFile): AdapterSettings {
  const json = file.metadata.get('veranda')
  if (json === undefined) {
    throw new Failure(
      'adapter-broken',
      'The file is no adapter of Veranda: it has no settings. A PEFT adapter is imported with its adapter_config.json.',
    )
  }
  return settingsFromJson(json)
}
