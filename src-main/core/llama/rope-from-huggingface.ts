/**
 * The rotary scaling of a config.json, and the context it serves. Source: transformers `modeling_rope_utils.py`.
 */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { RopeScaling } from './config.ts'
import { isRecord, type Json, number } from './huggingface-json.ts'
import { longRope, type ServedRope } from './long-rope.ts'

/**
 * @param rope `rope_scaling`, or `rope_parameters` of the layers
 * @param maxPositions the context that config.json states, tokens
 *
 * Fails with `model-rope` for a scaling Veranda doesn't know, with `model-metadata` where an entry makes no sense.
 */
export function ropeFromHuggingFace(
  rope: unknown,
  json: Json,
  headDim: number,
  maxPositions: number,
): ServedRope {
  if (!isRecord(rope)) return { contextLength: maxPositions, ropeScaling: { type: 'none' } }
  // Early version 4 files say `type` for `rope_type`.
  const type = rope['rope_type'] ?? rope['type'] ?? 'default'
  const original = (): number =>
    number(
      rope,
      'original_max_position_embeddings',
      number(json, 'original_max_position_embeddings', maxPositions),
    )
  if (type === 'longrope' || type === 'su') {
    const divisors = (key: string): readonly number[] => divisorsIn(rope, key, headDim / 2)
    return longRope({
      short: divisors('short_factor'),
      long: divisors('long_factor'),
      original: original(),
      contextLength: maxPositions,
      attentionFactor: number(rope, 'attention_factor', longAttentionFactor(rope, original(), maxPositions)),
    })
  }
  // The dynamic scaling changes nothing within the context that the model was trained on; that one is kept.
  return {
    contextLength: type === 'dynamic' ? original() : maxPositions,
    ropeScaling: ropeScaling(rope, type, maxPositions),
  }
}

function divisorsIn(rope: Json, key: string, count: number): readonly number[] {
  const given: unknown = rope[key]
  const divisors: unknown[] = Array.isArray(given) ? given : []
  if (divisors.length === count && divisors.every(isPositive)) return divisors
  throw new Failure(
    'model-metadata',
    sentence`The model folder's config.json does not have ${count} positive numbers as ${key}. Pick another copy of this model.`,
  )
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0
}

/** Source: transformers `_compute_longrope_parameters`. */
function longAttentionFactor(rope: Json, original: number, maxPositions: number): number {
  const factor = number(rope, 'factor', maxPositions / original)
  return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original))
}

function ropeScaling(rope: Json, type: unknown, maxPositions: number): RopeScaling {
  switch (type) {
    case 'default':
    case 'dynamic':
      return { type: 'none' }
    case 'linear':
      return { type: 'linear', factor: number(rope, 'factor') }
    case 'llama3':
      return {
        type: 'llama3',
        factor: number(rope, 'factor'),
        lowFrequencyFactor: number(rope, 'low_freq_factor'),
        highFrequencyFactor: number(rope, 'high_freq_factor'),
        originalContextLength: number(rope, 'original_max_position_embeddings'),
      }
    case 'yarn': {
      const factor = number(rope, 'factor')
      return {
        type: 'yarn',
        factor,
        originalContextLength: number(rope, 'original_max_position_embeddings', maxPositions),
        betaFast: number(rope, 'beta_fast', 32),
        betaSlow: number(rope, 'beta_slow', 1),
        attentionFactor: number(rope, 'attention_factor', yarnAttentionFactor(factor, rope)),
        truncate: rope['truncate'] !== false,
      }
    }
    default:
      throw new Failure(
        'model-rope',
        sentence`This model stretches its context with the rotary scaling ${String(type)}, which Veranda cannot compute. Pick another model.`,
      )
  }
}

/** Source: transformers `_compute_yarn_parameters`. */
function yarnAttentionFactor(factor: number, rope: Json): number {
  const scale = (multiplier: number): number => 0.1 * multiplier * Math.log(Math.max(factor, 1)) + 1
  const { mscale, mscale_all_dim: ofAll } = rope
  return mscale && ofAll ? scale(number(rope, 'mscale')) / scale(number(rope, 'mscale_all_dim')) : scale(1)
}
