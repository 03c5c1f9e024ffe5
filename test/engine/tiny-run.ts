/** A run that the tiny model learns within a second. */
import type { TrainingExample, TrainingSettings } from '../../src-main/engine/contract.ts'

export const tinySettings: TrainingSettings = {
  rank: 16,
  targets: ['q_proj', 'v_proj', 'o_proj', 'gate_proj', 'down_proj'],
  method: 'vera',
  layers: null,
  ranks: {},
  bias: 'none',
  dropout: 0,
  alpha: null,
  rsLora: false,
  layerShare: 1,
  projectionKey: 0,
  dInitial: 0.1,
  learningRate: 0.05,
  weightDecay: 0.01,
  clipNorm: 1,
  epochs: 6,
  batchTokens: 60,
  warmupRatio: 0.1,
  schedule: 'cosine',
  optimizer: 'adamw',
  momentum: 0.9,
  lambdaDRate: 1,
  lambdaBRate: 1,
  averageDecay: 0,
  seed: 1,
  seeds: 1,
  evaluations: 8,
  patience: 0,
  keep: 'last',
  preferences: 'off',
  preferenceBeta: 0.1,
}

const pairs = [
  ['hi', 'hello there'],
  ['name?', 'pim'],
  ['dog?', 'bramble'],
  ['where?', 'in the yellow house'],
  ['how old?', 'seven'],
] as const

export function pairExamples(
  given: readonly (readonly [question: string, answer: string])[] = pairs,
): TrainingExample[] {
  return given.map(([question, answer], index) => ({
    id: String(index),
    messages: [
      { role: 'system', content: 'be kind' },
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  }))
}
