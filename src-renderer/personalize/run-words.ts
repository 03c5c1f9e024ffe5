/** A run's state in the words of the screens. */
import type { Run, RunStatus } from '../../src-main/contract/entities.ts'
import { formatRemaining } from '../ui/format.ts'

export const statusWords: Readonly<Record<RunStatus, string>> = {
  queued: 'Waiting',
  running: 'Learning',
  interrupted: 'Interrupted',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

/** What goes on right now, in one line. */
export function progressText(run: Run): string {
  if (run.status === 'queued') return 'Waiting for the run before it'
  if (run.steps === 0) return 'Preparing the examples and the model'
  const steps = `Step ${run.step.toLocaleString('en')} of ${run.steps.toLocaleString('en')}`
  return run.remainingMs === null ? steps : `${steps}, ${formatRemaining(run.remainingMs)}`
}
