import type { TrainingSettings } from '../../contract/entities.ts'

/** What a run learns with unless told otherwise; tuned on SmolLM2-135M-Instruct and a few dozen short examples. */
export const defaultTrainingSettings: TrainingSettings = {
  rank: 256,
  targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  projectionKey: 0,
  dInitial: 0.1,
  learningRate: 2e-2,
  weightDecay: 0,
  clipNorm: 1,
  epochs: 8,
  batchTokens: 256,
  warmupRatio: 0.1,
  schedule: 'cosine',
  seed: 0,
}
