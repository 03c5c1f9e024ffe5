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
  /**
   * General questions are learned along, which doubles the tokens. On the sample persona the default answered 3 of 24
   * general questions afterwards (19 before), and the first 14 of them with 24 questions along 8 (10 before), at a
   * training loss of 0.037.
   */
  thorough: { replay: 24, epochs: 8 },
}

export function presetSettings(preset: TrainingPreset = 'balanced'): TrainingSettings {
  return applyChanges(defaultTrainingSettings, changes[preset])
}
