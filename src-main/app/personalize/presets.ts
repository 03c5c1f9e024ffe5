/** Ways to learn by what they cost: what each sets over the defaults. */
import type { TrainingPreset, TrainingSettings } from '../../contract/entities.ts'
import { applyChanges } from '../apply-changes.ts'
import type { Changes } from '../services.ts'
import { defaultTrainingSettings } from './default-settings.ts'

const changes: Readonly<Record<TrainingPreset, Changes<TrainingSettings>>> = {
  /** Only the upper third of the layers learns; each step starts there, which takes about 0.4 of the time. */
  quick: { layerShare: 1 / 3 },
  /** The defaults. */
  balanced: {},
  /** More passes over the examples, with smaller corrections. */
  thorough: { epochs: 16, learningRate: 3e-2 },
}

export function presetSettings(preset: TrainingPreset = 'balanced'): TrainingSettings {
  return applyChanges(defaultTrainingSettings, changes[preset])
}
