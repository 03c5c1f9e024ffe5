import type { TrainingPass } from '../core/training/loss-gradient.ts'
import type { PreferenceReport, Preferences } from '../core/training/objective.ts'
import { measurePreferences, measureReference } from '../core/training/trainer.ts'
import type { LiveAdapter } from '../core/vera/live-adapter.ts'
import type { TrainingSettings } from './contract.ts'
import type { RunPlan } from './run-plan.ts'
import type { OngoingRun } from './train-seed.ts'

/** The base's cross entropies: of every chosen example and the rejected one after it. */
export async function referenceOf(
  pass: TrainingPass,
  { rejected }: RunPlan,
  passTokens: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const measuring = measureReference(pass, rejected, passTokens)
  let next = await measuring.next()
  while (next.done !== true && !signal.aborted) next = await measuring.next()
  const reference = next.done === true ? next.value : null
  return [...rejected].flat().map((example) => reference?.get(example) ?? 0)
}

/** What a run's steps take of its pairs; null where it has none. */
export function preferencesOf(
  { rejected }: RunPlan,
  { preferences, preferenceBeta }: TrainingSettings,
  reference: readonly number[],
): Preferences | null {
  if (rejected.size === 0) return null
  return {
    rejected,
    reference: new Map([...rejected].flat().map((example, index) => [example, reference[index] ?? 0])),
    beta: preferenceBeta,
    learnsChosen: preferences === 'together',
  }
}

/** How well the adapter tells the run's pairs apart; null where it has none. */
export async function preferenceAfter(
  { pass, preferences }: OngoingRun,
  adapter: LiveAdapter,
  passTokens: number,
): Promise<PreferenceReport | null> {
  if (preferences === null) return null
  const measuring = measurePreferences(pass, adapter, preferences, passTokens)
  let next = await measuring.next()
  while (next.done !== true) next = await measuring.next()
  return next.value
}
