import { describe, expect, test } from 'vitest'
import { batchOf, labelledPlaces } from '../../../src-main/core/training/batch.ts'
import { ownersOf, type Preferences, stepObjective } from '../../../src-main/core/training/objective.ts'
import { packRows, type TokenizedExample } from '../../../src-main/core/training/packing.ts'

/** Begins as all do; `answer` tokens of it are scored. */
function example(id: string, first: number, answer: number): TokenizedExample {
  const ids = [1, 2, 3, ...Array.from({ length: answer }, (_, t) => first + t)]
  return { id, ids, scored: ids.map((_, t) => t >= 3) }
}

const plain = example('plain', 40, 3)
const chosen = example('chosen', 10, 2)
const rejected = example('rejected', 20, 1)
const chosenToo = example('chosen too', 50, 2)
const rejectedToo = example('rejected too', 60, 4)
const all = [plain, chosen, rejected, chosenToo, rejectedToo]

/** The summed cross entropies of the batch are these, spread evenly over each example's labels. */
const sums = new Map([
  [plain, 6],
  [chosen, 3],
  [rejected, 2.5],
  [chosenToo, 4],
  [rejectedToo, 5],
])
const preferences: Preferences = {
  rejected: new Map([
    [chosen, rejected],
    [chosenToo, rejectedToo],
  ]),
  reference: new Map([
    [chosen, 5],
    [rejected, 2],
    [chosenToo, 3.5],
    [rejectedToo, 5.25],
  ]),
  beta: 0.5,
  learnsChosen: true,
}

const batch = batchOf(packRows(all, 12))
const places = labelledPlaces(batch)
const owners = ownersOf(batch, places)
const countOf = (one: TokenizedExample) => owners.filter((owner) => owner === one).length
const lossesOf = (of: ReadonlyMap<TokenizedExample, number>) =>
  Float64Array.from(owners, (owner) => (owner === undefined ? NaN : (of.get(owner) ?? NaN) / countOf(owner)))

function weigh(given: Preferences | null, losses = lossesOf(sums)) {
  const objective = stepObjective([batch], given)
  const weights = objective.weigh(batch)(losses, places)
  const weightOf = (one: TokenizedExample) => weights[owners.indexOf(one)] ?? NaN
  return { ...objective.report(), weights, weightOf }
}

test('places belong to their examples, packed with a shared beginning into several rows', () => {
  expect(batch.rows).toBeGreaterThan(1)
  expect(batch.segments).toContain(-2)
  expect(all.map(countOf)).toEqual([3, 2, 1, 2, 4])
})

test('without preferences every label counts the same', () => {
  const { loss, preference, weights } = weigh(null)
  expect(loss).toBeCloseTo((6 + 3 + 2.5 + 4 + 5) / 12, 12)
  expect(preference).toBeNull()
  expect([...weights]).toEqual(Array.from({ length: 12 }, () => 1 / 12))
})

describe('with preferences', () => {
  // h = β ((L₀ − L)(chosen) − (L₀ − L)(rejected)): 0.5 (2 − (−0.5)) and 0.5 (−0.5 − 0.25).
  const margins = [1.25, -0.375]
  const pull = margins.map((h) => 0.5 / (1 + Math.exp(h)) / 2)
  const expectedLoss = (Math.log(1 + Math.exp(-1.25)) + Math.log(1 + Math.exp(0.375))) / 2

  test('together, answers and pairs add up as the formula says', () => {
    const { loss, preference, weightOf } = weigh(preferences)
    expect(preference?.loss).toBeCloseTo(expectedLoss, 12)
    expect(preference?.margin).toBeCloseTo((1.25 - 0.375) / 2, 12)
    expect(preference?.accuracy).toBe(0.5)
    // 7 labels are learned: those of the rejected answers are not.
    expect(loss).toBeCloseTo((6 + 3 + 4) / 7 + expectedLoss, 12)
    expect(weightOf(plain)).toBeCloseTo(1 / 7, 12)
    expect(weightOf(chosen)).toBeCloseTo(1 / 7 + (pull[0] ?? NaN), 12)
    expect(weightOf(rejected)).toBeCloseTo(-(pull[0] ?? NaN), 12)
    expect(weightOf(chosenToo)).toBeCloseTo(1 / 7 + (pull[1] ?? NaN), 12)
    expect(weightOf(rejectedToo)).toBeCloseTo(-(pull[1] ?? NaN), 12)
  })

  test('only, chosen answers are not learned as answers', () => {
    const { loss, weightOf } = weigh({ ...preferences, learnsChosen: false })
    expect(loss).toBeCloseTo(6 / 3 + expectedLoss, 12)
    expect(weightOf(chosen)).toBeCloseTo(pull[0] ?? NaN, 12)
  })

  test('the weights are the derivatives of the loss', () => {
    const { weights } = weigh(preferences)
    const epsilon = 1e-5
    for (const label of places.keys()) {
      const at = (change: number) =>
        weigh(
          preferences,
          lossesOf(sums).map((loss, i) => (i === label ? loss + change : loss)),
        ).loss
      expect(weights[label]).toBeCloseTo((at(epsilon) - at(-epsilon)) / (2 * epsilon), 8)
    }
  })

  test('margins far from zero give finite losses', () => {
    for (const far of [1e4, -1e4]) {
      const { loss, weights } = weigh(preferences, lossesOf(new Map([...sums, [chosen, far]])))
      expect(loss).toBeLessThan(1e5)
      expect(weights.every(Number.isFinite)).toBe(true)
    }
  })
})
