/** The person's choices, kept in the database. */
import type { Sampling } from '../../contract/entities.ts'
import type { ProcedureInput, ProcedureResult } from '../../contract/procedures.ts'
import { settings } from '../../contract/settings.ts'
import type { Storage } from '../storage/storage.ts'

export type Settings = ProcedureResult<'settings.get'>

/** What SmolLM2's authors recommend for its small instruct models; calm enough to repeat what was taught. */
const defaultSampling: Sampling = {
  temperature: 0.2,
  topK: 50,
  topP: 0.9,
  minP: 0,
  repeatPenalty: 1,
  seed: null,
  maxTokens: 512,
}

const { sampling, theme, language, updates, draft, fast, cacheMegabytes } = settings.shape

export interface SettingsService {
  get(): Settings
  update(changes: ProcedureInput<'settings.update'>): Settings
}

/** @param speak is told the language at once, and whenever another is chosen */
export function openSettings(
  storage: Storage,
  speak: (language: Settings['language']) => void = () => {},
): SettingsService {
  // A value of an older version that no longer fits falls back to the default.
  const get = (): Settings => ({
    sampling: sampling.catch(defaultSampling).parse(storage.settings.get('sampling')),
    theme: theme.catch('system').parse(storage.settings.get('theme')),
    language: language.catch('system').parse(storage.settings.get('language')),
    updates: updates.catch('off').parse(storage.settings.get('updates')),
    draft: draft.catch('').parse(storage.settings.get('draft')),
    fast: fast.catch(false).parse(storage.settings.get('fast')),
    cacheMegabytes: cacheMegabytes.catch(null).parse(storage.settings.get('cacheMegabytes')),
  })
  speak(get().language)
  return {
    get,
    update(changes) {
      const changed = storage.transaction(() => {
        if (changes.sampling !== undefined) storage.settings.put('sampling', changes.sampling)
        if (changes.theme !== undefined) storage.settings.put('theme', changes.theme)
        if (changes.language !== undefined) storage.settings.put('language', changes.language)
        if (changes.updates !== undefined) storage.settings.put('updates', changes.updates)
        if (changes.draft !== undefined) storage.settings.put('draft', changes.draft)
        if (changes.fast !== undefined) storage.settings.put('fast', changes.fast)
        if (changes.cacheMegabytes !== undefined)
          storage.settings.put('cacheMegabytes', changes.cacheMegabytes)
        return get()
      })
      if (changes.language !== undefined) speak(changed.language)
      return changed
    },
  }
}
