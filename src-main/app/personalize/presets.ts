/** Ways to learn by what they cost: what each sets over the defaults. */
import type { TrainingPreset, TrainingSettings } from '../../contract/entities.ts'
import { applyChanges } from '../apply-changes.ts'
import type { Changes } from '../services.ts'
import { defaultTrainingSettings } from './default-settings.ts'
import { largestRate } from './learning-rate.ts'

const changes: Readonly<Record<TrainingPreset, Changes<TrainingSettings>>> = {
  /**
   * Only the upper third of the layers learns, and nothing along with the examples: each step starts there, on half
   * of the tokens, which takes about a quarter of the time.
   */
  quick: { layerShare: 1 / 3, replay: 0, epochs: 10 },
  /** The defaults. */
  balanced: {},
  /** All general questions there are, and half as many rounds more. */
  thorough: { replay: 50, epochs: 12 },
}

/** @param parameterCount of the model that learns; the default model's unless given */
export function presetSettings(
  preset: TrainingPreset = 'balanced',
  parameterCount: number | null = null,
): TrainingSettings {
  const settings = applyChanges(defaultTrainingSettings, changes[preset])
  if (parameterCount === null) return settings
  return { ...settings, learningRate: Math.min(settings.learningRate, largestRate(parameterCount)) }
}
