import { trainingSettings, type TrainingSettings } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { applyChanges } from '../apply-changes.ts'
import type { Changes } from '../services.ts'

/** The defaults with what was asked for in their place; fails with `invalid-settings`, which names the setting. */
export function mergeSettings(
  defaults: TrainingSettings,
  changes: Changes<TrainingSettings>,
): TrainingSettings {
  const merged = trainingSettings.safeParse(applyChanges(defaults, changes))
  if (merged.success) return merged.data
  const [problem] = merged.error.issues
  throw new Failure(
    'invalid-settings',
    sentence`The setting “${problem?.path.join('.') ?? ''}” can't be used: ${problem?.message ?? ''}. Choose another value.`,
  )
}
