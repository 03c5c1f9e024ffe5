/** What an adapter has to say about itself so that it can be used again, and the parser of it. */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { LINEAR_KINDS, type LinearKind } from '../llama/linear-kinds.ts'
import { jsonFields, type JsonFields } from './json-fields.ts'
import type { VeraTargets } from './targets.ts'

/** The adapter's mathematics: with a model's config it gives the layout, with the vectors the adapter. */
export interface VeraSettings extends VeraTargets {
  /** Of VeRA's projections; LoRA's first A is drawn from it. */
  readonly projectionKey: number
  /** What lambda_d started from. */
  readonly dInitial: number
  /** The share of the branch's inputs that training dropped; none unless given. */
  readonly dropout?: number
}

export interface AdapterSettings extends VeraSettings {
  /** SHA-256 (hex) of the file the base model was imported from. */
  readonly baseModelHash: string
  /** SHA-256 (hex) of the chat template the examples were rendered with. */
  readonly chatTemplateHash: string
  /** The program and version that made the adapter, for example `veranda 0.1.0`. */
  readonly createdBy: string
}

/**
 * Raised when older versions can't read what newer ones write. 2: LoRA, ranks, biases; of 1 they are the defaults.
 * 3: an adapted output layer.
 */
const FORMAT_VERSION = 3

/** Beyond any model's width, and so beyond any use; keeps a made-up number from asking for all memory. */
export const MAX_RANK = 16_384

/** The settings as JSON, for the metadata of an adapter file. */
export function settingsToJson(settings: AdapterSettings): string {
  const { method, rank, targets, layers, ranks, outputRank, bias, alpha, rsLora } = settings
  const { projectionKey, dInitial, dropout } = settings
  const { baseModelHash, chatTemplateHash, createdBy } = settings
  return JSON.stringify({
    formatVersion: outputRank === undefined ? 2 : FORMAT_VERSION,
    method,
    rank,
    targets,
    layers,
    ranks,
    outputRank,
    bias,
    alpha,
    rsLora,
    projectionKey,
    dInitial,
    dropout,
    baseModelHash,
    chatTemplateHash,
    createdBy,
  })
}

/**
 * @throws Failure `adapter-version` where a newer Veranda wrote it, `adapter-broken` where an entry is missing or
 *   makes no sense.
 */
export function settingsFromJson(text: string): AdapterSettings {
  const json = jsonFields(text, sentence`The adapter's settings`)
  const version = json.get('formatVersion')
  if (typeof version === 'number' && version > FORMAT_VERSION) {
    throw new Failure(
      'adapter-version',
      'The adapter was made by a newer version of Veranda. Update Veranda to use it.',
    )
  }
  if (version !== 1 && version !== 2 && version !== FORMAT_VERSION)
    throw json.broken(sentence`it has no valid formatVersion`)
  const targets = json.get('targets')
  const layers = json.get('layers')
  if (!isLinearKinds(targets)) throw json.broken(sentence`it has no valid targets`)
  if (layers !== null && !isIntegers(layers)) throw json.broken(sentence`it has no valid layers`)
  return {
    ...optionalSettings(json),
    rank: json.integer('rank', 1, MAX_RANK),
    targets,
    layers,
    projectionKey: json.integer('projectionKey', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    dInitial: json.number('dInitial'),
    baseModelHash: json.text('baseModelHash'),
    chatTemplateHash: json.text('chatTemplateHash'),
    createdBy: json.text('createdBy'),
  }
}

/** Those that are missing where they have their default. */
function optionalSettings(json: JsonFields): Partial<VeraSettings> {
  const method = json.choice('method', ['vera', 'lora'] as const)
  const bias = json.choice('bias', ['none', 'all', 'adapted'] as const)
  const rsLora = json.choice('rsLora', [true, false] as const)
  const has = (key: string): boolean => json.get(key) !== undefined
  const ranks = json.get('ranks')
  if (ranks !== undefined && !isRanks(ranks)) throw json.broken(sentence`it has no valid ranks`)
  return {
    ...(method === undefined ? {} : { method }),
    ...(bias === undefined ? {} : { bias }),
    ...(rsLora === undefined ? {} : { rsLora }),
    ...(ranks === undefined ? {} : { ranks }),
    ...(has('outputRank') ? { outputRank: json.integer('outputRank', 0, MAX_RANK) } : {}),
    ...(json.get('alpha') === null ? { alpha: null } : has('alpha') ? { alpha: json.number('alpha') } : {}),
    ...(has('dropout') ? { dropout: json.number('dropout') } : {}),
  }
}

function isRanks(value: unknown): value is Readonly<Record<string, number>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((rank) => Number.isInteger(rank) && rank >= 0 && rank <= MAX_RANK)
}

function isLinearKinds(value: unknown): value is LinearKind[] {
  return Array.isArray(value) && value.every((kind: unknown) => LINEAR_KINDS.some((known) => known === kind))
}

function isIntegers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(Number.isSafeInteger)
}
