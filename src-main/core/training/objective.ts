/**
 * What a step minimizes: the mean cross entropy over all labels of answers, and, where examples carry a rejected
 * answer, the mean loss of direct preference optimization over the pairs.
 *
 * With L the cross entropy summed over an example, β and L₀ that of the base model, a pair's margin is
 * h = β ((L₀ − L)(chosen) − (L₀ − L)(rejected)) and its loss −ln σ(h) = ln(1 + exp(−h)).
 * Source: Rafailov et al., arXiv 2305.18290, equation 7.
 */
import { type Batch, labelledPlaces } from './batch.ts'
import type { TokenizedExample } from './packing.ts'

export interface Preferences {
  /** Chosen → rejected. */
  readonly rejected: ReadonlyMap<TokenizedExample, TokenizedExample>
  /** The summed cross entropy under the base model of every chosen and rejected example, nats. */
  readonly reference: ReadonlyMap<TokenizedExample, number>
  readonly beta: number
  /** Whether the chosen answers are learned as answers, too. */
  readonly learnsChosen: boolean
}

/** Means over pairs. */
export interface PreferenceReport {
  /** ln 2 where the model prefers neither; nats. */
  readonly loss: number
  /** How much more the chosen answers gained on the base model than the rejected: h. */
  readonly margin: number
  /** The share of pairs with a positive margin. */
  readonly accuracy: number
}

/** From the cross entropy of each labelled place of a batch: what the gradient of each counts in the step's. */
export type LabelWeights = (losses: Float64Array, places: Int32Array) => Float64Array

export interface StepObjective {
  weigh(batch: Batch): LabelWeights
  /** Of all batches that were weighed. */
  report(): { readonly loss: number; readonly preference: PreferenceReport | null }
}

/** The objective of a step over these batches; both examples of a pair must be in the same one. */
export function stepObjective(batches: readonly Batch[], preferences: Preferences | null): StepObjective {
  const isLearned = learnedBy(preferences)
  const labels = batches.reduce((sum, batch) => sum + countLabels(batch, isLearned), 0)
  const pairCount = batches.reduce((sum, batch) => sum + pairsIn(batch, preferences).length, 0)
  let lossSum = 0
  const margins: number[] = []
  return {
    weigh: (batch) => (losses, places) => {
      const owners = ownersOf(batch, places)
      const pull = new Map<TokenizedExample | undefined, number>()
      for (const { chosen, rejected, margin } of marginsIn(batch, preferences, losses, owners)) {
        margins.push(margin)
        const weight = ((preferences?.beta ?? 0) * sigmoid(-margin)) / pairCount
        pull.set(chosen, weight)
        pull.set(rejected, -weight)
      }
      return losses.map((loss, label) => {
        const owner = owners[label]
        const answers = isLearned(owner) ? 1 / labels : 0
        if (answers > 0) lossSum += loss
        return answers + (pull.get(owner) ?? 0)
      })
    },
    report() {
      const preference = reportOf(margins)
      const answers = labels === 0 ? 0 : lossSum / labels
      return { loss: answers + (preference?.loss ?? 0), preference }
    },
  }
}

/** The margins of the pairs whose examples are both in the batch, given the cross entropies at its places. */
export function marginsIn(
  batch: Batch,
  preferences: Preferences | null,
  losses: Float64Array,
  owners: readonly (TokenizedExample | undefined)[],
) {
  if (preferences === null) return []
  const { beta, reference } = preferences
  const sums = sumByExample(losses, owners)
  const gain = (example: TokenizedExample) => (reference.get(example) ?? NaN) - (sums.get(example) ?? NaN)
  return pairsIn(batch, preferences).map(({ chosen, rejected }) => ({
    chosen,
    rejected,
    margin: beta * (gain(chosen) - gain(rejected)),
  }))
}

/** The cross entropy summed over each example's labels. */
export function sumByExample(
  losses: Float64Array,
  owners: readonly (TokenizedExample | undefined)[],
): ReadonlyMap<TokenizedExample, number> {
  const sums = new Map<TokenizedExample, number>()
  for (const [label, owner] of owners.entries()) {
    if (owner !== undefined) sums.set(owner, (sums.get(owner) ?? 0) + (losses[label] ?? 0))
  }
  return sums
}

/** Null where there is no pair. */
export function reportOf(margins: readonly number[]): PreferenceReport | null {
  if (margins.length === 0) return null
  const mean = (of: (margin: number) => number) =>
    margins.reduce((sum, margin) => sum + of(margin), 0) / margins.length
  return {
    loss: mean((margin) => softplus(-margin)),
    margin: mean((margin) => margin),
    accuracy: mean((margin) => (margin > 0 ? 1 : 0)),
  }
}

/** The example that each labelled place belongs to; labels are never in a shared beginning. */
export function ownersOf(batch: Batch, places: Int32Array): (TokenizedExample | undefined)[] {
  const ofPlace = new Array<TokenizedExample | undefined>(batch.ids.length)
  for (const { example, from, to, place } of batch.spans) ofPlace.fill(example, place, place + to - from)
  return Array.from(places, (place) => ofPlace[place])
}

function learnedBy(preferences: Preferences | null): (example: TokenizedExample | undefined) => boolean {
  if (preferences === null) return () => true
  const { rejected, learnsChosen } = preferences
  const all = new Set(rejected.values())
  return (example) => example === undefined || (!all.has(example) && (learnsChosen || !rejected.has(example)))
}

function countLabels(batch: Batch, isLearned: (example: TokenizedExample | undefined) => boolean): number {
  return ownersOf(batch, labelledPlaces(batch)).filter(isLearned).length
}

function pairsIn(batch: Batch, preferences: Preferences | null) {
  return [...new Set(batch.spans.map(({ example }) => example))].flatMap((chosen) => {
    const rejected = preferences?.rejected.get(chosen)
    return rejected === undefined ? [] : [{ chosen, rejected }]
  })
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** ln(1 + exp x) without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
}
