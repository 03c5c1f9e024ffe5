/** What came of a run, out of its losses and of what the model answers now. */
import type { Run } from '../../../src-main/contract/entities.ts'
import type { Verdict } from '../../../src-main/contract/verdict.ts'

/** Against before, on examples that it never saw, else on those that it learned. */
export type Learned = 'much' | 'some' | 'little' | 'worse'
export type Forgot = 'nothing' | 'some' | 'much'

export interface Outcome {
  readonly learned: Learned
  /** Whether it was measured on examples that it never saw. */
  readonly isHeldOut: boolean
  /** null while general questions are being asked. */
  readonly forgot: Forgot | null
  /** General questions that the model answers rightly: by itself, and of those with what it learned. */
  readonly known: { readonly before: number; readonly after: number }
}

/** With fewer right answers of the model alone they tell nothing; then how likely its own answers are does. */
const fewestKnown = 3

export function outcomeOf(run: Run, { pairs, general }: Pick<Verdict, 'pairs' | 'general'>): Outcome {
  const isHeldOut = run.heldOutLossBefore !== null && run.heldOutLossAfter !== null
  const before = (isHeldOut ? run.heldOutLossBefore : run.lossBefore) ?? 0
  const after = (isHeldOut ? run.heldOutLossAfter : run.lossAfter) ?? 0
  const asked = pairs.filter(({ kind }) => kind === 'general')
  const knew = asked.filter(({ baseRight }) => baseRight === true)
  const known = { before: knew.length, after: knew.filter(({ taughtRight }) => taughtRight === true).length }
  const isAsked = asked.every(({ taught }) => taught !== null)
  return {
    learned: learnedBy(before, after),
    isHeldOut,
    forgot: isAsked ? forgotBy(known, general) : null,
    known,
  }
}

function learnedBy(before: number, after: number): Learned {
  if (after > before * 1.02) return 'worse'
  if (after > before * 0.9) return 'little'
  return after > before * 0.5 ? 'some' : 'much'
}

function forgotBy({ before, after }: Outcome['known'], general: Verdict['general']): Forgot | null {
  if (before >= fewestKnown)
    return after >= 0.8 * before ? 'nothing' : after >= 0.5 * before ? 'some' : 'much'
  if (general === null) return null
  const change = general.lossAfter - general.lossBefore
  return change < 0.5 ? 'nothing' : change < 1.5 ? 'some' : 'much'
}

/** What would help next time. */
export type Advice = 'lessByHeart' | 'longer' | 'replay'

/** Enough of them to keep most of what the model knew: see the presets. */
const enoughReplay = 24

export function adviceFor(run: Run, { learned, isHeldOut, forgot }: Outcome): readonly Advice[] {
  const byHeart = (run.lossAfter ?? Infinity) < 0.5 * (run.lossBefore ?? 0)
  const helpsLittle = learned === 'worse' || learned === 'little'
  const advice: Advice[] = []
  if (helpsLittle && isHeldOut && byHeart) advice.push('lessByHeart')
  else if (helpsLittle) advice.push('longer')
  if (forgot !== null && forgot !== 'nothing' && run.settings.replay < enoughReplay) advice.push('replay')
  return advice
}

/** How often the person preferred which, not knowing it. */
export function tallyOf({ pairs }: Pick<Verdict, 'pairs'>): Record<'base' | 'taught' | 'neither', number> {
  const count = (which: string) => pairs.filter(({ preferred }) => preferred === which).length
  return { base: count('base'), taught: count('taught'), neither: count('neither') }
}

/** Whether the answer with what was learned stands first: drawn by the run and the place, the same every time. */
export function taughtFirst(runId: string, index: number): boolean {
  let hash = 2166136261
  for (const unit of `${runId} ${index}`) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 16777619)
  return ((hash ^ (hash >>> 15)) & 1) === 1
}
