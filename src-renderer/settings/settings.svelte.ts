/** What the app knows about itself, and the settings a person can change. */
import { createContext } from 'svelte'
import type { AppInfo, Sampling } from '../../src-main/contract/entities.ts'
import type { ProcedureInput, ProcedureResult } from '../../src-main/contract/procedures.ts'
import type { Language } from '../../src-main/texts/language.ts'
import type { Client } from '../channel/client.ts'
import { SaveLater } from '../channel/save-later.ts'
import { showLanguage } from '../texts/language.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import { Task } from '../ui/task.svelte.ts'
import { showTheme, type Theme } from './theme.ts'

export class Settings {
  readonly info: Loadable<AppInfo>
  readonly current: Loadable<ProcedureResult<'settings.get'>>
  readonly saving = new Task()
  readonly #client: Client
  readonly #samplingSaving = new SaveLater()

  constructor(client: Client) {
    this.#client = client
    this.info = new Loadable(() => client.call('app.info', {}))
    this.current = new Loadable(async () => {
      const settings = await client.call('settings.get', {})
      showTheme(settings.theme)
      showLanguage(settings.language)
      return settings
    })
  }

  chooseTheme(theme: Theme): void {
    showTheme(theme)
    void this.#save({ theme })
  }

  chooseLanguage(language: Language | 'system'): void {
    showLanguage(language)
    void this.#save({ language })
  }

  chooseUpdates(updates: ProcedureResult<'settings.get'>['updates']): void {
    void this.#save({ updates })
  }

  /** Shows the change at once and saves it when the slider has come to rest. */
  changeSampling(change: Partial<Sampling>): void {
    const current = this.current.value
    if (!current) return
    const sampling = { ...current.sampling, ...change }
    this.current.value = { ...current, sampling }
    this.#samplingSaving.later(() => this.#save({ sampling }))
  }

  change(change: Pick<ProcedureInput<'settings.update'>, 'fast' | 'cacheMegabytes'>): void {
    void this.#save(change)
  }

  async #save(change: ProcedureInput<'settings.update'>): Promise<void> {
    await this.saving.run(async () => {
      this.current.value = await this.#client.call('settings.update', change)
    })
  }
}

export const [useSettings, provideSettings] = createContext<Settings>()
