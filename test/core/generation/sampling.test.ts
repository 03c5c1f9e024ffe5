import { describe, expect, test } from 'vitest'
import { createSampler, type SamplingSettings } from '../../../src-main/core/generation/sampling.ts'
import { randn, TorchGenerator } from '../../../src-main/core/vera/random.ts'

const off: SamplingSettings = { temperature: 1, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 1 }

/** Logits whose probabilities these are. */
const logitsOf = (...probabilities: number[]): Float32Array => Float32Array.from(probabilities, Math.log)

/** How often each id is drawn, as a share. */
function shares(settings: Partial<SamplingSettings>, logits: Float32Array, recent: number[] = []): number[] {
  const sampler = createSampler({ ...off, ...settings })
  const draws = 4000
  const counts = Array.from(logits, () => 0)
  for (let i = 0; i < draws; i++) {
    const id = sampler(logits, recent)
    counts[id] = (counts[id] ?? NaN) + 1
  }
  return counts.map((count) => count / draws)
}

/** About four standard deviations of a share of 4000 draws. */
const noise = 0.035

/** The largest deviation of a share; infinite where an id was drawn that must never be. */
function deviation(actual: number[], expected: number[]): number {
  const differences = expected.map((share, id) => {
    const drawn = actual[id] ?? NaN
    return share === 0 && drawn > 0 ? Infinity : Math.abs(drawn - share)
  })
  return Math.max(...differences)
}

const five = logitsOf(0.1, 0.4, 0.05, 0.3, 0.15)

describe('distributions', () => {
  test('without filters tokens come as often as their probability says', () => {
    expect(deviation(shares({}, five), [0.1, 0.4, 0.05, 0.3, 0.15])).toBeLessThan(noise)
  })

  test('a temperature of one half squares the probabilities', () => {
    const squares = [0.01, 0.16, 0.0025, 0.09, 0.0225]
    const total = squares.reduce((sum, square) => sum + square, 0)
    expect(
      deviation(
        shares({ temperature: 0.5 }, five),
        squares.map((square) => square / total),
      ),
    ).toBeLessThan(noise)
  })

  test('top-k keeps the k likeliest', () => {
    expect(deviation(shares({ topK: 2 }, five), [0, 4 / 7, 0, 3 / 7, 0])).toBeLessThan(noise)
    expect(deviation(shares({ topK: 9 }, five), [0.1, 0.4, 0.05, 0.3, 0.15])).toBeLessThan(noise)
  })

  test('top-p keeps the fewest that reach p', () => {
    expect(deviation(shares({ topP: 0.71 }, five), [0, 0.4 / 0.85, 0, 0.3 / 0.85, 0.15 / 0.85])).toBeLessThan(
      noise,
    )
    expect(deviation(shares({ topP: 0.69 }, five), [0, 4 / 7, 0, 3 / 7, 0])).toBeLessThan(noise)
    expect(deviation(shares({ topP: 0.01 }, five), [0, 1, 0, 0, 0])).toBeLessThan(noise)
  })

  test('top-p counts within what top-k left', () => {
    // 0.4 and 0.3 become 0.571 and 0.429; 0.5 is reached by the first alone.
    expect(deviation(shares({ topK: 2, topP: 0.5 }, five), [0, 1, 0, 0, 0])).toBeLessThan(noise)
  })

  test('min-p keeps what is at least that share as likely as the likeliest', () => {
    expect(deviation(shares({ minP: 0.3 }, five), [0, 0.4 / 0.85, 0, 0.3 / 0.85, 0.15 / 0.85])).toBeLessThan(
      noise,
    )
    expect(deviation(shares({ minP: 0.8 }, five), [0, 1, 0, 0, 0])).toBeLessThan(noise)
  })

  test('the filters judge before the temperature spreads', () => {
    // After a temperature of 100 all five would be about equally likely and top-p would keep four.
    expect(deviation(shares({ temperature: 100, topP: 0.69 }, five), [0, 0.5, 0, 0.5, 0])).toBeLessThan(noise)
    expect(deviation(shares({ temperature: 100, minP: 0.7 }, five), [0, 0.5, 0, 0.5, 0])).toBeLessThan(noise)
  })

  test('filters out of their range leave the likeliest', () => {
    expect(deviation(shares({ topP: 0 }, five), [0, 1, 0, 0, 0])).toBeLessThan(noise)
    expect(deviation(shares({ minP: 2 }, five), [0, 1, 0, 0, 0])).toBeLessThan(noise)
  })
})

describe('greedy', () => {
  const greedy = { ...off, temperature: 0 }

  test('takes the highest logit, of equals the lowest id', () => {
    expect(createSampler(greedy)(Float32Array.of(-3, 2, 5, 5), [])).toBe(2)
    expect(createSampler(greedy)(Float32Array.of(-3, -Infinity), [])).toBe(0)
  })

  test('penalises recent tokens: positive logits are divided, negative ones multiplied, once each', () => {
    const sampler = createSampler({ ...greedy, repeatPenalty: 2 })
    expect(sampler(Float32Array.of(3, 2), [])).toBe(0)
    expect(sampler(Float32Array.of(3, 2), [0])).toBe(1)
    expect(sampler(Float32Array.of(5, 2), [0, 0, 0])).toBe(0)
    expect(sampler(Float32Array.of(-1, -1.5), [0])).toBe(1)
    expect(sampler(Float32Array.of(-1, -2.5), [0])).toBe(0)
  })

  test('leaves the logits as they were, and takes ids it has no logit for', () => {
    const logits = Float32Array.of(3, 2)
    createSampler({ ...off, repeatPenalty: 2 })(logits, [0, 7])
    expect(logits).toEqual(Float32Array.of(3, 2))
  })
})

describe('seeds', () => {
  const logits = randn(new TorchGenerator(5), 1000)
  const draws = (seed: number): number[] => {
    const sampler = createSampler({ ...off, topK: 50, topP: 0.9, seed })
    return Array.from({ length: 20 }, () => sampler(logits, []))
  }

  test('the same seed draws the same tokens, another one others', () => {
    expect(draws(1)).toEqual(draws(1))
    expect(draws(2)).not.toEqual(draws(1))
  })
})

test.each([
  ['NaN', Float32Array.of(1, NaN, 2)],
  ['nothing but minus infinity', Float32Array.of(-Infinity, -Infinity)],
  ['infinity', Float32Array.of(1, Infinity)],
  ['none', Float32Array.of()],
])('logits that hold no choice are a failure: %s', (_, logits) => {
  const failure = expect.objectContaining({ code: 'logits-not-finite' })
  expect(() => createSampler(off)(logits, [])).toThrow(failure)
  expect(() => createSampler({ ...off, temperature: 0 })(logits, [])).toThrow(failure)
})
