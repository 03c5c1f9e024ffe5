/** Ways to learn by what they cost: what each sets over the defaults. */
import type { TrainingPreset, TrainingSettings } from '../../contract/entities.ts'
import { applyChanges } from '../apply-changes.ts'
import type { Changes } from '../services.ts'
import { defaultTrainingSettings } from './default-settings.ts'

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

export function presetSettings(preset: TrainingPreset = 'balanced'): TrainingSettings {
  return applyChanges(defaultTrainingSettings, changes[preset])
}
