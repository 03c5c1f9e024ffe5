/** What an adapter has to say about itself so that it can be used again, and the parser of it. */
import { Failure } from '../../contract/failure.ts'
import { LINEAR_KINDS, type LinearKind } from '../llama/linear-kinds.ts'
import { jsonFields } from './json-fields.ts'
import type { VeraTargets } from './layout.ts'

/** The adapter's mathematics: with a model's config it gives the layout, with the vectors the adapter. */
export interface VeraSettings extends VeraTargets {
  readonly projectionKey: number
  /** What lambda_d started from. */
  readonly dInitial: number
}

export interface AdapterSettings extends VeraSettings {
  /** SHA-256 (hex) of the file the base model was imported from. */
  readonly baseModelHash: string
  /** SHA-256 (hex) of the chat template the examples were rendered with. */
  readonly chatTemplateHash: string
  /** The program and version that made the adapter, for example `veranda 0.1.0`. */
  readonly createdBy: string
}

/** Raised when older versions can't read what newer ones write. */
const FORMAT_VERSION = 1

/** Beyond any model's width, and so beyond any use; keeps a made-up number from asking for all memory. */
export const MAX_RANK = 16_384

/** The settings as JSON, for the metadata of an adapter file. */
export function settingsToJson(settings: AdapterSettings): string {
  const { rank, targets, layers, projectionKey, dInitial } = settings
  const { baseModelHash, chatTemplateHash, createdBy } = settings
  return JSON.stringify({
    formatVersion: FORMAT_VERSION,
    rank,
    targets,
    layers,
    projectionKey,
    dInitial,
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
  const json = jsonFields(text, "The adapter's settings")
  const version = json.get('formatVersion')
  if (typeof version === 'number' && version > FORMAT_VERSION) {
    throw new Failure(
      'adapter-version',
      'The adapter was made by a newer version of Veranda. Update Veranda to use it.',
    )
  }
  if (version !== FORMAT_VERSION) throw json.broken('it has no valid formatVersion')
  const targets = json.get('targets')
  const layers = json.get('layers')
  if (!isLinearKinds(targets)) throw json.broken('it has no valid targets')
  if (layers !== null && !isIntegers(layers)) throw json.broken('it has no valid layers')
  return {
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

function isLinearKinds(value: unknown): value is LinearKind[] {
  return Array.isArray(value) && value.every((kind: unknown) => LINEAR_KINDS.some((known) => known === kind))
}

function isIntegers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(Number.isSafeInteger)
}
