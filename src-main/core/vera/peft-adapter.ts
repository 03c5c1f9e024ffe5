/**
 * VeRA adapters as PEFT's `save_pretrained` writes them: `adapter_config.json` and `adapter_model.safetensors`.
 *
 * A saved A and B win over the seed, also over a rounded base: PEFT rounds them to bf16 over a bf16 model. Those
 * not saved are made from the seed in float32, as PEFT does over a float32 model.
 */
import { Failure } from '../../contract/failure.ts'
import { memorySource } from '../checkpoint/byte-source.ts'
import { readSafetensors } from '../checkpoint/safetensors.ts'
import type { LlamaConfig } from '../llama/config.ts'
import { MAX_RANK, type VeraSettings } from './adapter-settings.ts'
import { foreignTensors, readStoredProjections, readVectors } from './adapter-tensors.ts'
import { jsonFields, type JsonFields } from './json-fields.ts'
import { layoutVera, type VeraLayout } from './layout.ts'
import { linearTargets, unsupported, type PeftTargets } from './peft-targets.ts'
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
 * @param configText the text of adapter_config.json
 * @param tensorBytes adapter_model.safetensors
 *
 * @throws Failure `adapter-unsupported` where the adapter uses what Veranda doesn't (another method, biases, the
 *   output layer, whole modules), `adapter-broken` for a config that makes no sense, `adapter-incomplete` and
 *   `adapter-shape` where the tensors don't fit it or the model, or one of `readSafetensors`.
 */
export function readPeftAdapter(
  configText: string,
  tensorBytes: Uint8Array,
  llamaConfig: LlamaConfig,
): PeftAdapter {
  const peft = parseConfig(configText)
  const settings: VeraSettings = {
    rank: peft.rank,
    ...linearTargets(llamaConfig, peft),
    projectionKey: peft.projectionKey,
    dInitial: peft.dInitial,
  }
  const layout = layoutVera(llamaConfig, settings)
  const file = readSafetensors(memorySource(tensorBytes))
  const foreign = foreignTensors(file, layout)
  if (foreign.length > 0) throw unsupported(`it also holds ${listed(foreign)}`)
  const vectors = readVectors(file, layout)
  const stored = readStoredProjections(file, layout)
  if (stored === null && peft.savesProjections) {
    throw new Failure(
      'adapter-incomplete',
      'The adapter says that it holds its projections (save_projection), but they are missing. Save it again with PEFT.',
    )
  }
  const storedProjections = stored !== null && isOfKey(stored, settings, layout) ? null : stored
  return { settings, layout, vectors, storedProjections, baseModelName: peft.baseModelName }
}

function isOfKey(stored: Projections, settings: VeraSettings, layout: VeraLayout): boolean {
  const { A, B } = projections({ ...layout, key: settings.projectionKey })
  return A.every((value, i) => value === stored.A[i]) && B.every((value, i) => value === stored.B[i])
}

function listed(names: readonly string[]): string {
  const rest = names.length - 2
  return names.slice(0, 2).join(', ') + (rest > 0 ? ` and ${rest} more tensors` : '')
}

interface PeftConfig extends PeftTargets {
  readonly rank: number
  readonly projectionKey: number
  readonly dInitial: number
  readonly savesProjections: boolean
  readonly baseModelName: string | null
}

function parseConfig(text: string): PeftConfig {
  const json = jsonFields(text, "The adapter's adapter_config.json")
  const method = json.get('peft_type')
  const bias = json.get('bias') ?? 'none'
  const targetModules = json.get('target_modules')
  const baseModelName = json.get('base_model_name_or_path')
  if (method !== 'VERA') throw unsupported(`its method is ${JSON.stringify(method)}`)
  if (bias !== 'none') throw unsupported(`it trained biases (bias: ${JSON.stringify(bias)})`)
  if (isGiven(json.get('modules_to_save'))) throw unsupported('it replaces whole modules (modules_to_save)')
  if (!selectsLayers(json.get('layers_pattern'))) throw unsupported('it names its layers by a layers_pattern')
  if (typeof targetModules !== 'string' && !isStrings(targetModules)) {
    throw json.broken('it has no valid target_modules')
  }
  return {
    targetModules,
    layersToTransform: layersToTransform(json),
    rank: json.integer('r', 1, MAX_RANK),
    projectionKey: json.integer('projection_prng_key', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    dInitial: json.number('d_initial'),
    savesProjections: json.get('save_projection') !== false,
    baseModelName: typeof baseModelName === 'string' ? baseModelName : null,
  }
}

/** A list, one number, or nothing. */
function layersToTransform(json: JsonFields): readonly number[] | null {
  const value = json.get('layers_to_transform') ?? null
  if (value === null) return null
  const layers: unknown[] = Array.isArray(value) ? value : [value]
  if (!layers.every((layer): layer is number => Number.isSafeInteger(layer))) {
    throw json.broken('it has no valid layers_to_transform')
  }
  return layers
}

/** Decoder layers are called `layers` in every Llama model, so only that pattern selects any. */
function selectsLayers(pattern: unknown): boolean {
  return !isGiven(pattern) || [pattern].flat().includes('layers')
}

/** Whether an option is more than null, an empty text or an empty list. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && [value].flat().length > 0
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
