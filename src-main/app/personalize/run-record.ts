/** A run's row as it changes: every change is stored first, then told to those who watch. */
import type { LossPoint, Run } from '../../contract/entities.ts'
import type { TrainEvent, TrainResult } from '../../engine/contract.ts'
import type { Storage } from '../storage/storage.ts'
import type { RunBroadcast } from './run-broadcast.ts'

export interface RunRecord {
  readonly run: Run
  /** Stores the changes, and with them what `also` stores: both or neither. */
  change(changes: Partial<Run>, also?: () => void): void
  /** Tells of changes that can't be stored (the disk is full), so that nobody waits for them forever. */
  tell(changes: Partial<Run>): void
  /** Takes over what the engine reports. */
  apply(event: TrainEvent): void
}

export function runRecord(first: Run, storage: Storage, broadcast: RunBroadcast): RunRecord {
  let run = first

  function tell(changes: Partial<Run>): void {
    run = { ...run, ...changes }
    broadcast.publish(run.id, { type: 'run', run })
  }

  function change(changes: Partial<Run>, also?: () => void): void {
    storage.transaction(() => {
      storage.runs.update({ ...run, ...changes })
      also?.()
    })
    tell(changes)
  }

  function addLoss(point: LossPoint, changes: Partial<Run>): void {
    change(changes, () => storage.runs.putLoss(run.id, point))
    broadcast.publish(run.id, { type: 'losses', points: [point] })
  }

  return {
    get run() {
      return run
    },
    change,
    tell,
    apply(event) {
      switch (event.type) {
        case 'prepared':
          // Steps after the checkpoint are made again, and so are their losses.
          change({ steps: event.steps, step: event.resumedAtStep }, () =>
            storage.runs.dropLossesAfter(run.id, event.resumedAtStep),
          )
          break
        case 'step': {
          const { step, steps, loss, tokensPerSecond, remainingMs } = event
          addLoss({ step, loss, set: 'step' }, { step, steps, tokensPerSecond, remainingMs })
          break
        }
        case 'measured': {
          const { step, loss, set } = event
          addLoss({ step, loss, set }, step === 0 ? lossBefore(set, loss) : {})
          break
        }
      }
    },
  }
}

function lossBefore(set: 'training' | 'heldOut', loss: number): Partial<Run> {
  return set === 'training' ? { lossBefore: loss } : { heldOutLossBefore: loss }
}

/** What a run's row takes over from the engine's result. A run that went on measured its start before. */
export function resultMetrics(run: Run, result: TrainResult): Partial<Run> {
  return {
    step: result.step,
    steps: result.steps,
    tokensPerSecond: result.tokensPerSecond,
    remainingMs: null,
    peakMemoryBytes: result.peakMemoryBytes,
    lossBefore: result.lossBefore ?? run.lossBefore,
    lossAfter: result.lossAfter,
    heldOutLossBefore: result.heldOutLossBefore ?? run.heldOutLossBefore,
    heldOutLossAfter: result.heldOutLossAfter,
  }
}
