/**
 * Choosing the next token from the logits.
 *
 * The order is llama.cpp's: repeat penalty, top-k, top-p, min-p, and temperature last, so that the three
 * filters judge the model's own probabilities and the temperature only spreads the choice among what is left.
 * (transformers applies the temperature before its filters.)
 */
import { Failure } from '../../contract/failure.ts'
import { TorchGenerator } from '../vera/random.ts'
import { selectLargest } from './select-largest.ts'

export interface SamplingSettings {
  /** Divides the logits before the choice; 0 always takes the likeliest token. */
  readonly temperature: number
  /** Keeps the k likeliest tokens (of equals the lower ids); 0 is off. */
  readonly topK: number
  /** Keeps the fewest likeliest tokens that together have this probability (Holtzman et al., 1904.09751); 1 is off. */
  readonly topP: number
  /** Keeps tokens at least this share as likely as the likeliest (Nguyen et al., 2407.01082); 0 is off. */
  readonly minP: number
  /** Divides positive and multiplies negative logits of recent tokens (Keskar et al., 1909.05858); 1 is off. */
  readonly repeatPenalty: number
  /** An integer; the same seed, settings and logits give the same tokens. */
  readonly seed: number
}

/**
 * Picks the id of the next token.
 *
 * @param logits [V], left as they are
 * @param recent ids the repeat penalty applies to, each once however often it appears
 * @throws Failure `logits-not-finite` where the logits hold no choice to make
 */
export type Sampler = (logits: Float32Array, recent: Iterable<number>) => number

/** A sampler with its own random numbers and buffers; the filters never leave fewer than one token. */
export function createSampler(settings: SamplingSettings): Sampler {
  const generator = new TorchGenerator(settings.seed)
  const { temperature, topK, topP, minP, repeatPenalty } = settings
  let scores = new Float32Array(0)
  let weights = new Float64Array(0)
  let ids = new Int32Array(0)

  return (logits, recent) => {
    if (scores.length !== logits.length) {
      scores = new Float32Array(logits.length)
      weights = new Float64Array(logits.length)
      ids = new Int32Array(logits.length)
    }
    scores.set(logits)
    if (repeatPenalty !== 1) penalize(scores, recent, repeatPenalty)
    const best = likeliest(scores)
    if (temperature <= 0) return best
    const top = scores[best] as number

    for (let id = 0; id < ids.length; id++) ids[id] = id
    let count = ids.length
    if (topK > 0 && topK < count) count = selectLargest(ids, count, scores, null, topK)
    if (topP < 1) {
      const total = weigh(ids, count, scores, weights, top, 1)
      // Tokens this unlikely have less than 1 - topP together: out with them before the costly selection.
      const negligible = Math.log(((1 - topP) * total) / count)
      count = keepFrom(ids, count, scores, top + negligible)
      count = selectLargest(ids, count, scores, weights, topP * total)
    }
    if (minP > 0) count = keepFrom(ids, count, scores, top + Math.log(minP))
    // Filters given out of their range (a top-p of 0, a min-p above 1) leave nothing: then the best is left.
    if (count === 0) return best
    const total = weigh(ids, count, scores, weights, top, temperature)
    return draw(ids, count, weights, generator.float64() * total)
  }
}

/** In place; each id once. */
function penalize(scores: Float32Array, recent: Iterable<number>, penalty: number): void {
  for (const id of new Set(recent)) {
    const score = scores[id]
    if (score !== undefined) scores[id] = score > 0 ? score / penalty : score * penalty
  }
}

/** The id of the highest score, of equals the lowest. */
function likeliest(scores: Float32Array): number {
  let best = 0
  let top = -Infinity
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id] as number
    if (score <= top) continue
    best = id
    top = score
    if (Number.isNaN(score)) break
  }
  if (!Number.isFinite(top)) {
    throw new Failure(
      'logits-not-finite',
      'The model computed no usable probabilities for the next token. Turn its adapter off or lower its strength, or import the model again.',
    )
  }
  return best
}

/** Writes `exp((score - top) / temperature)` for the first `count` ids and returns the sum. */
function weigh(
  ids: Int32Array,
  count: number,
  scores: Float32Array,
  weights: Float64Array,
  top: number,
  temperature: number,
): number {
  let sum = 0
  for (let i = 0; i < count; i++) {
    const id = ids[i] as number
    const weight = Math.exp(((scores[id] as number) - top) / temperature)
    weights[id] = weight
    sum += weight
  }
  return sum
}

/** Moves the ids with a score of at least `least` to the front and returns how many they are. */
function keepFrom(ids: Int32Array, count: number, scores: Float32Array, least: number): number {
  let kept = 0
  for (let i = 0; i < count; i++) {
    const id = ids[i] as number
    if ((scores[id] as number) >= least) ids[kept++] = id
  }
  return kept
}

/** The id at which the running sum of weights passes `point`. */
function draw(ids: Int32Array, count: number, weights: Float64Array, point: number): number {
  let sum = 0
  for (let i = 0; i < count - 1; i++) {
    const id = ids[i] as number
    sum += weights[id] as number
    if (point < sum) return id
  }
  return ids[count - 1] as number
}
