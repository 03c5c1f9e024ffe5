/** A run's row as it changes: every change is stored first, then those who watch are told of it. */
import type { LossPoint, Run, RunReport } from '../../contract/entities.ts'
import type { Sentence } from '../../contract/sentence.ts'
import type { TrainEvent, TrainResult } from '../../engine/contract.ts'
import type { Storage } from '../storage/storage.ts'
import type { RunBroadcast } from './run-broadcast.ts'

export interface RunRecord {
  readonly run: Run
  /** Stores the changes, and with them what `also` stores: both or neither. Those who watch are told by `tell`. */
  store(changes: Partial<Run>, also?: () => void): void
  /** For changes that can't be stored (the disk is full), so that nobody waits for them forever. */
  assume(changes: Partial<Run>): void
  tell(): void
  /** Stores and tells what the engine reports. */
  apply(event: TrainEvent): void
}

export function runRecord(first: Run, storage: Storage, broadcast: RunBroadcast): RunRecord {
  let run = first

  function store(changes: Partial<Run>, also?: () => void): void {
    const changed = { ...run, ...changes }
    storage.transaction(() => {
      storage.runs.update(changed)
      also?.()
    })
    run = changed
  }

  function tell(): void {
    broadcast.publish(run.id, { type: 'run', run })
  }

  function addLoss(point: LossPoint, changes: Partial<Run>): void {
    store(changes, () => storage.runs.putLoss(run.id, point))
    broadcast.publish(run.id, { type: 'losses', points: [point] })
    tell()
  }

  return {
    get run() {
      return run
    },
    store,
    assume(changes) {
      run = { ...run, ...changes }
    },
    tell,
    apply(event) {
      switch (event.type) {
        case 'prepared':
          // Steps after the checkpoint are made again, and so are their losses.
          store({ steps: event.steps, step: event.resumedAtStep }, () =>
            storage.runs.dropAfter(run.id, event.resumedAtStep),
          )
          tell()
          break
        case 'step': {
          const { step, steps, loss, tokensPerSecond, remainingMs } = event
          addLoss({ step, loss, set: 'step' }, { step, steps, tokensPerSecond, remainingMs })
          break
        }
        case 'notice':
          store({ report: withNotice(run.report, event.text) })
          tell()
          break
        case 'sampled': {
          const { type: _, ...sample } = event
          storage.runs.putSample(run.id, sample)
          broadcast.publish(run.id, { type: 'samples', samples: [sample] })
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
    report: {
      notices: [...result.notices],
      keptStep: result.keptStep,
      seedResults: [...result.seedResults],
      preference: result.preference,
    },
  }
}

/** The result replaces it with all that was noticed. */
function withNotice(report: RunReport | null, notice: Sentence): RunReport {
  const { notices = [], keptStep = null, seedResults = [], preference = null } = report ?? {}
  return { notices: [...notices, notice], keptStep, seedResults, preference }
}
