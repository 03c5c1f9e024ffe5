/** Whether two models say the same: their logits on fixed prompts, compared token by token. */
import type { LoadedModel } from '../loaded-model.ts'
import type { Parity } from '../contract.ts'
import type { LogitSource } from './exporter.ts'

/** Different scripts and kinds of text, short enough to be read in a moment. */
const prompts = [
  'The old lighthouse keeper climbed the stairs one last time, and',
  'Write a short, friendly note to a neighbour about the noise.',
  'def mean(values):\n    """Return the arithmetic mean."""\n    return',
  'Gestern war ich mit dem Fahrrad unterwegs, aber heute',
  '17 + 25 = 42; 128 / 4 = ',
]
/** For a model without a tokenizer. */
const idsPerPrompt = 16

/** The prompts as a model reads them; of one without a tokenizer ids from all over its vocabulary. */
export function parityPrompts(model: LoadedModel): readonly (readonly number[])[] {
  if (model.folder.tokenizer !== null) {
    return prompts.map((prompt) => model.tokenizer.encode(prompt, { special: false }))
  }
  const { vocabularySize } = model.folder.model.config
  return prompts.map((_, prompt) =>
    Array.from({ length: idsPerPrompt }, (_, place) => (prompt * 7919 + place * 104_729) % vocabularySize),
  )
}

/** The logits of every prompt. */
export async function* promptLogits(
  source: LogitSource,
  ids: readonly (readonly number[])[],
): AsyncGenerator<number, readonly Float32Array[]> {
  const logits: Float32Array[] = []
  for (const prompt of ids) {
    logits.push(await source.logits(prompt))
    yield logits.length / ids.length
  }
  return logits
}

/**
 * @param expected a prompt's logits each, `[tokens, V]`
 * @param actual the same of the other model
 */
export function compareLogits(
  expected: readonly Float32Array[],
  actual: readonly Float32Array[],
  vocabularySize: number,
): Parity {
  let [tokens, largestDifference, divergence, largestDivergence, sameChoices] = [0, 0, 0, 0, 0]
  for (const [prompt, all] of expected.entries()) {
    for (let start = 0; start < all.length; start += vocabularySize) {
      const row = all.subarray(start, start + vocabularySize)
      const other = actual[prompt]?.subarray(start, start + vocabularySize) ?? new Float32Array(0)
      const nats = klDivergence(row, other)
      tokens++
      divergence += nats
      largestDivergence = Math.max(largestDivergence, nats)
      if (indexOfLargest(row) === indexOfLargest(other)) sameChoices++
      for (let i = 0; i < row.length; i++) {
        largestDifference = Math.max(largestDifference, Math.abs((row[i] ?? 0) - (other[i] ?? NaN)))
      }
    }
  }
  return {
    prompts: expected.length,
    tokens,
    largestDifference,
    meanDivergence: divergence / tokens,
    largestDivergence,
    sameChoices: sameChoices / tokens,
  }
}

/** Σ p · (log p − log q) of two rows of logits, nats. */
function klDivergence(p: Float32Array, q: Float32Array): number {
  const [logP, logQ] = [logSumExp(p), logSumExp(q)]
  let sum = 0
  for (let i = 0; i < p.length; i++) {
    const own = (p[i] ?? 0) - logP
    sum += Math.exp(own) * (own - ((q[i] ?? NaN) - logQ))
  }
  // Rounding may leave a little less than nothing.
  return sum < 0 ? 0 : sum
}

function logSumExp(logits: Float32Array): number {
  const largest = logits[indexOfLargest(logits)] ?? 0
  let sum = 0
  for (const logit of logits) sum += Math.exp(logit - largest)
  return largest + Math.log(sum)
}

function indexOfLargest(logits: Float32Array): number {
  let best = 0
  for (let i = 1; i < logits.length; i++) if ((logits[i] ?? 0) > (logits[best] ?? 0)) best = i
  return best
}
