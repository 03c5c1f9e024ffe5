import type { Run } from '../../contract/entities.ts'

type Asked = Pick<
  Run,
  | 'id'
  | 'name'
  | 'modelId'
  | 'settings'
  | 'parentId'
  | 'forgetsId'
  | 'probes'
  | 'exampleCount'
  | 'heldOutCount'
  | 'createdAt'
>

/** A run as it is when it was just asked for: queued, with nothing measured yet. */
export function newRun(asked: Asked): Run {
  return {
    ...asked,
    status: 'queued',
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
    finishedAt: null,
  }
}
