/** A run that the tiny model learns within a second. */
import { defaultTrainingSettings } from '../../src-main/app/personalize/default-settings.ts'
import type { TrainingExample, TrainingSettings } from '../../src-main/engine/contract.ts'

// The questions that are learned along come with the examples; the engine doesn't count them.
const { replay: _, ...defaults } = defaultTrainingSettings
/** What the app asks of the engine unless told otherwise. */
export const engineDefaults: TrainingSettings = defaults

export const tinySettings: TrainingSettings = {
  ...engineDefaults,
  rank: 16,
  targets: ['q_proj', 'v_proj', 'o_proj', 'gate_proj', 'down_proj'],
  weightDecay: 0.01,
  learningRate: 0.05,
  epochs: 6,
  batchTokens: 60,
  seed: 1,
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
