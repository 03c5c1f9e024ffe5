/**
 * The learning rate of each optimizer step: a linear rise, then a curve down to zero.
 *
 * Source: `get_cosine_schedule_with_warmup` and its linear and constant siblings in transformers.
 */

export type ScheduleKind = 'cosine' | 'linear' | 'constant'

export interface Schedule {
  readonly kind: ScheduleKind
  /** The rate after the rise. */
  readonly peak: number
  readonly warmupSteps: number
  readonly totalSteps: number
}

/** The steps of the rise: a share of all steps, rounded up as transformers rounds `warmup_ratio`. */
export function warmupStepsOf(warmupRatio: number, totalSteps: number): number {
  return Math.ceil(warmupRatio * totalSteps)
}

/** The rate of the step `step`, counted from 0. With a rise the first step's rate is 0. */
export function learningRateAt(schedule: Schedule, step: number): number {
  const { peak, warmupSteps, totalSteps } = schedule
  if (step < warmupSteps) return (peak * step) / warmupSteps
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps)
  return peak * Math.max(0, decay(schedule.kind, progress))
}

/** The share of the peak that is left after `progress` (0 to 1) of the steps after the rise. */
function decay(kind: ScheduleKind, progress: number): number {
  switch (kind) {
    case 'cosine':
      return 0.5 * (1 + Math.cos(Math.PI * progress))
    case 'linear':
      return 1 - progress
    case 'constant':
      return 1
  }
}
