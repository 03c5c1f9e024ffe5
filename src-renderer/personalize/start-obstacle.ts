/** Why a plan can't be started as it is. */
import { t } from '../texts/texts.ts'
import type { SettingKey } from './advanced-fields.ts'
import type { Plan } from './plan.svelte.ts'

/** In a sentence; null where nothing is in the way. */
export function obstacle(plan: Plan, exampleCount: number, heldOutCount: number): string | null {
  const { needs } = t.personalize.start
  if (plan.modelId === null) return needs.model
  if (exampleCount === 0) return plan.onlySelected ? needs.selected : needs.examples
  if (plan.name.trim() === '') return needs.name
  const [wrong] = Object.keys(plan.problems) as SettingKey[]
  if (wrong !== undefined) return needs.setting(t.personalize.advanced.fields[wrong].label)
  const { settings } = plan
  if (settings === undefined) return null
  if (settings.targets.length === 0) return needs.targets
  if (settings.seeds > 1 && heldOutCount === 0) return needs.heldOut
  return null
}
