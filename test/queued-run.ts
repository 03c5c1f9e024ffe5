import type { Run } from '../src-main/contract/entities.ts'
import { defaultTrainingSettings } from '../src-main/app/personalize/default-settings.ts'

/** A run as it is when it was just asked for. */
export const queuedRun: Run = {
  id: 'r-1',
  name: 'pim',
  modelId: 'small',
  status: 'queued',
  settings: defaultTrainingSettings,
  parentId: null,
  forgetsId: null,
  probes: [],
  exampleCount: 2,
  heldOutCount: 0,
  step: 0,
  steps: 0,
  tokensPerSecond: null,
  remainingMs: null,
  peakMemoryBytes: null,
  lossBefore: null,
  lossAfter: null,
  heldOutLossBefore: null,
  heldOutLossAfter: null,
  adapterId: null,
  report: null,
  failure: null,
  createdAt: 0,
  finishedAt: null,
}
