/** A run's state in the words of the screens. */
import type { Run } from '../../src-main/contract/entities.ts'
import { t } from '../texts/texts.ts'
import { formatRemaining } from '../ui/format.ts'

/** What goes on right now, in one line. */
export function progressText(run: Run): string {
  const words = t.personalize.progress
  if (run.status === 'queued') return words.queued
  if (run.steps === 0) return words.preparing
  const steps = words.step(run.step, run.steps)
  return run.remainingMs === null ? steps : `${steps}, ${formatRemaining(run.remainingMs)}`
}
