import type { TrainingSettings } from '../../contract/entities.ts'

/**
 * What a run learns with unless told otherwise, tuned on SmolLM2-135M-Instruct and a few dozen short examples: a
 * learning rate of 0.02 leaves the loss at 1 after 8 epochs, 0.05 brings it to 0.04 and every answer back word for
 * word. 0.2 is quicker to a held-out loss, but unlearns: test/bench/learning/README.md has all that was tried. Ranks
 * of 64 and 256 end at the same loss; 64 is faster in training and in chat. Of 24 general questions that it was not
 * shown the model alone answers 19, afterwards 13, and 3 without general questions learned along; 17 of 26 paraphrases.
 */
export const defaultTrainingSettings: TrainingSettings = {
  rank: 64,
  targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
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
  learningRate: 5e-2,
  weightDecay: 0,
  clipNorm: 1,
  epochs: 8,
  replay: 24,
  batchTokens: 256,
  warmupRatio: 0.1,
  schedule: 'cosine',
  optimizer: 'adamw',
  momentum: 0.9,
  lambdaDRate: 1,
  lambdaBRate: 1,
  averageDecay: 0,
  seed: 0,
  seeds: 1,
  evaluations: 8,
  patience: 0,
  keep: 'last',
  preferences: 'off',
  preferenceBeta: 0.1,
}
