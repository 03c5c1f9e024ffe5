/** The sampling settings in plain words. */
import type { Sampling } from '../../src-main/contract/entities.ts'

export const styles = ['precise', 'balanced', 'creative'] as const
export type Style = (typeof styles)[number]

type StyleSettings = Pick<Sampling, 'temperature' | 'topK' | 'topP' | 'minP' | 'repeatPenalty'>

/** `balanced` is what the app starts with; length and seed are no matter of style. */
const settingsOf: Record<Style, StyleSettings> = {
  precise: { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1 },
  balanced: { temperature: 0.2, topK: 50, topP: 0.9, minP: 0, repeatPenalty: 1 },
  creative: { temperature: 0.9, topK: 0, topP: 0.95, minP: 0.05, repeatPenalty: 1.05 },
}

export function withStyle(sampling: Sampling, style: Style): Sampling {
  return { ...sampling, ...settingsOf[style] }
}

/** null: the numbers are a person's own. */
export function styleOf(sampling: Sampling): Style | null {
  const names = Object.keys(settingsOf.balanced) as (keyof StyleSettings)[]
  return styles.find((style) => names.every((name) => settingsOf[style][name] === sampling[name])) ?? null
}
