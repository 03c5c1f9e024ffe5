/** What the losses on the held-out examples have been: which vectors to keep, and when to stop early. */

/** The vectors to keep, as they were after a step. */
export interface KeptVectors {
  readonly vectors: Float32Array
  /** Of which seed, counted from 0. */
  readonly seedIndex: number
  readonly step: number
  /** On the held-out examples, nats a token; null without any. */
  readonly loss: number | null
}

/** Of one seed's run. */
export interface HeldOutRecord {
  /** The last step after which the loss was measured. */
  readonly measuredStep: number
  readonly lastLoss: number
  readonly bestLoss: number
  /** Measurements since the best one. */
  readonly sinceBest: number
}

export const newHeldOutRecord: HeldOutRecord = {
  measuredStep: 0,
  // Numbers, so that they can be stored as JSON.
  lastLoss: Number.MAX_VALUE,
  bestLoss: Number.MAX_VALUE,
  sinceBest: 0,
}

/** The record with one more measurement. A loss that isn't finite is no better than any. */
export function withMeasurement(record: HeldOutRecord, step: number, loss: number): HeldOutRecord {
  const isBetter = loss < record.bestLoss
  return {
    measuredStep: step,
    lastLoss: loss,
    bestLoss: isBetter ? loss : record.bestLoss,
    sinceBest: isBetter ? 0 : record.sinceBest + 1,
  }
}

/** Whether as many measurements in a row as `patience` (0 is off) were no better than the best. */
export function runsOutOfPatience({ sinceBest }: HeldOutRecord, patience: number): boolean {
  return patience > 0 && sinceBest >= patience
}

/** The better one, which owns its vectors: the candidate's are copied. */
export function keepBetter(kept: KeptVectors | null, candidate: KeptVectors): KeptVectors {
  if (kept !== null && !(candidate.loss !== null && kept.loss !== null && candidate.loss < kept.loss))
    return kept
  return { ...candidate, vectors: candidate.vectors.slice() }
}
