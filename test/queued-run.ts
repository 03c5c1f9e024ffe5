import { defaultTrainingSettings } from '../src-main/app/personalize/default-settings.ts'
import { newRun } from '../src-main/app/personalize/new-run.ts'

/** A run as it is when it was just asked for. */
export const queuedRun = newRun({
  id: 'r-1',
  name: 'pim',
  modelId: 'small',
  settings: defaultTrainingSettings,
  parentId: null,
  forgetsId: null,
  probes: [],
  exampleCount: 2,
  heldOutCount: 0,
  createdAt: 0,
})
