import { expect, test } from 'vitest'
import { logProbabilities } from '../../../src-main/core/generation/log-probabilities.ts'

test('log probabilities are the log softmax, the likeliest first and of equals the lower ids', () => {
  const logits = Float32Array.of(1, 3, 3, -2, 0.5)
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0)
  const { chosen, top } = logProbabilities(logits, 3, 3)
  expect(chosen.logprob).toBeCloseTo(-2 - Math.log(sum), 6)
  expect(top.map(({ id }) => id)).toEqual([1, 2, 0])
  expect(Math.exp(top[0]?.logprob ?? 0)).toBeCloseTo(Math.exp(3) / sum, 6)
  expect(logProbabilities(logits, 0, 0).top).toEqual([])
  const all = logProbabilities(logits, 0, 20).top
  expect(all.reduce((total, { logprob }) => total + Math.exp(logprob), 0)).toBeCloseTo(1, 6)
  expect(logProbabilities(Float32Array.of(1000, 0), 1, 1).chosen.logprob).toBe(-1000)
})
