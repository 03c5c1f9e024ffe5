/** PEFT's adapter_config.json of a VeRA or LoRA adapter, read and written; options of PEFT 0.21. */
import { sentence, type Sentence } from '../../contract/sentence.ts'
import { MAX_RANK } from './adapter-settings.ts'
import { jsonFields, type JsonFields } from './json-fields.ts'
import { unsupported, type PeftTargets } from './peft-targets.ts'

export interface PeftConfig extends PeftTargets {
  readonly method: 'vera' | 'lora'
  readonly rank: number
  readonly bias: 'none' | 'all' | 'adapted'
  readonly dropout: number
  readonly baseModelName: string | null
  /** VeRA only. */
  readonly projectionKey: number
  readonly dInitial: number
  readonly savesProjections: boolean
  /** LoRA only. */
  readonly alpha: number
  readonly rsLora: boolean
  /** Ends of module names, or expressions for them, with their own rank. */
  readonly rankPattern: Readonly<Record<string, number>>
}

/** What a LoRA config may switch on that changes its mathematics, and what that is called. */
const otherLoras: Readonly<Record<string, Sentence | string>> = {
  use_dora: 'DoRA',
  use_qalora: 'QA-LoRA',
  use_bdlora: 'BD-LoRA',
  kasa_config: 'KaSA',
  velora_config: 'VeLoRA',
  monteclora_config: 'MonteCLoRA',
  arrow_config: 'Arrow routing',
  alora_invocation_tokens: sentence`activated LoRA`,
  alpha_pattern: sentence`a scale of its own for some layers (alpha_pattern)`,
  layer_replication: sentence`repeated layers (layer_replication)`,
  target_parameters: sentence`single parameters (target_parameters)`,
  trainable_token_indices: sentence`trained tokens (trainable_token_indices)`,
  exclude_modules: sentence`left-out modules (exclude_modules)`,
  lora_bias: sentence`a bias in its branch (lora_bias)`,
}

/** @throws Failure `adapter-unsupported` for what Veranda has no place for, `adapter-broken` where it makes no sense. */
export function parsePeftConfig(text: string): PeftConfig {
  const json = jsonFields(text, sentence`The adapter's adapter_config.json`)
  const method = json.get('peft_type')
  const targetModules = json.get('target_modules')
  const baseModelName = json.get('base_model_name_or_path')
  if (method !== 'VERA' && method !== 'LORA')
    throw unsupported(sentence`its method is ${JSON.stringify(method)}`)
  if (isGiven(json.get('modules_to_save')))
    throw unsupported(sentence`it replaces whole modules (modules_to_save)`)
  if (!selectsLayers(json.get('layers_pattern')))
    throw unsupported(sentence`it names its layers by a layers_pattern`)
  if (typeof targetModules !== 'string' && !isStrings(targetModules)) {
    throw json.broken(sentence`it has no valid target_modules`)
  }
  const isLora = method === 'LORA'
  const other = isLora ? Object.entries(otherLoras).find(([key]) => isGiven(json.get(key))) : undefined
  if (other !== undefined) throw unsupported(sentence`it uses ${other[1]}`)
  const rank = json.integer('r', 1, MAX_RANK)
  return {
    method: isLora ? 'lora' : 'vera',
    targetModules,
    layersToTransform: layersToTransform(json),
    rank,
    bias: biasOf(json, isLora ? 'lora_only' : 'vera_only'),
    dropout:
      json.get(isLora ? 'lora_dropout' : 'vera_dropout') === undefined
        ? 0
        : json.number(isLora ? 'lora_dropout' : 'vera_dropout'),
    baseModelName: typeof baseModelName === 'string' ? baseModelName : null,
    projectionKey: isLora
      ? 0
      : json.integer('projection_prng_key', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    dInitial: isLora ? 0 : json.number('d_initial'),
    savesProjections: !isLora && json.get('save_projection') !== false,
    alpha: isLora ? json.number('lora_alpha') : rank,
    rsLora: isLora && json.get('use_rslora') === true,
    rankPattern: isLora ? rankPattern(json) : {},
  }
}

/** The config's text; what it says nothing of has PEFT's default. */
export function writePeftConfig(config: PeftConfig): string {
  const common = {
    auto_mapping: null,
    base_model_name_or_path: config.baseModelName,
    inference_mode: true,
    layers_pattern: null,
    layers_to_transform: config.layersToTransform,
    modules_to_save: null,
    peft_type: config.method === 'vera' ? 'VERA' : 'LORA',
    r: config.rank,
    revision: null,
    target_modules: config.targetModules,
    task_type: 'CAUSAL_LM',
    fan_in_fan_out: false,
  }
  const bias = config.bias === 'adapted' ? `${config.method}_only` : config.bias
  const ofMethod =
    config.method === 'vera'
      ? {
          bias,
          d_initial: config.dInitial,
          init_weights: true,
          projection_prng_key: config.projectionKey,
          save_projection: config.savesProjections,
          vera_dropout: config.dropout,
        }
      : {
          bias,
          alpha_pattern: {},
          init_lora_weights: true,
          lora_alpha: config.alpha,
          lora_dropout: config.dropout,
          rank_pattern: config.rankPattern,
          use_dora: false,
          use_rslora: config.rsLora,
        }
  return `${JSON.stringify({ ...common, ...ofMethod }, null, 2)}\n`
}

function biasOf(json: JsonFields, only: string): PeftConfig['bias'] {
  const bias = json.get('bias') ?? 'none'
  if (bias === 'none' || bias === 'all') return bias
  if (bias === only) return 'adapted'
  throw json.broken(sentence`it has no valid bias`)
}

function rankPattern(json: JsonFields): Readonly<Record<string, number>> {
  const value: unknown = json.get('rank_pattern') ?? {}
  const isRank = (rank: unknown): rank is number =>
    typeof rank === 'number' && Number.isInteger(rank) && rank >= 1 && rank <= MAX_RANK
  if (typeof value !== 'object' || value === null || !Object.values(value).every(isRank)) {
    throw json.broken(sentence`it has no valid rank_pattern`)
  }
  return value as Readonly<Record<string, number>>
}

/** A list, one number, or nothing. */
function layersToTransform(json: JsonFields): readonly number[] | null {
  const value = json.get('layers_to_transform') ?? null
  if (value === null) return null
  const layers: unknown[] = Array.isArray(value) ? value : [value]
  if (!layers.every((layer): layer is number => Number.isSafeInteger(layer))) {
    throw json.broken(sentence`it has no valid layers_to_transform`)
  }
  return layers
}

/** Decoder layers are called `layers` in every Llama model, so only that pattern selects any. */
function selectsLayers(pattern: unknown): boolean {
  return !isGiven(pattern) || [pattern].flat().includes('layers')
}

/** Whether an option is more than null, false, an empty text, list or object. */
function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
