/** A run's losses in words: the text form of the chart. */
import type { LossPoint, Run } from '../../src-main/contract/entities.ts'
import { t } from '../texts/texts.ts'
import { formatDuration, formatLoss } from '../ui/format.ts'

/** "Held-out loss fell from 3.10 to 1.40 in 6 minutes."; null while there is nothing to compare. */
export function lossText(run: Run, points: readonly LossPoint[], now: number): string | null {
  const change = lossChange(run, points)
  if (!change) return null
  const { set, before, after } = change
  const way = after < before ? 'fell' : after > before ? 'rose' : 'stayed'
  const elapsedMs = durationMs(run, now)
  const time = elapsedMs === null ? null : formatDuration(elapsedMs)
  return t.personalize.loss.change(set, way, formatLoss(before), formatLoss(after), time)
}

/** How long the run took; null where it stood still for a time that nobody kept. */
function durationMs(run: Run, now: number): number | null {
  if (run.finishedAt !== null) return run.finishedAt - run.createdAt
  return run.status === 'running' ? now - run.createdAt : null
}

interface LossChange {
  readonly set: LossPoint['set']
  readonly before: number
  readonly after: number
}

/** The first and the newest loss, of the most telling set that has two: held-out, training, single steps. */
function lossChange(run: Run, points: readonly LossPoint[]): LossChange | null {
  if (run.heldOutLossBefore !== null && run.heldOutLossAfter !== null) {
    return { set: 'heldOut', before: run.heldOutLossBefore, after: run.heldOutLossAfter }
  }
  if (run.heldOutCount === 0 && run.lossBefore !== null && run.lossAfter !== null) {
    return { set: 'training', before: run.lossBefore, after: run.lossAfter }
  }
  for (const set of ['heldOut', 'training', 'step'] as const) {
    const ofSet = points.filter((point) => point.set === set)
    const first = ofSet[0]
    const last = ofSet.at(-1)
    if (first && last && first !== last) return { set, before: first.loss, after: last.loss }
  }
  return null
}
