/** The models on this machine, those that can be downloaded, and downloads and imports under way. */
import { createContext } from 'svelte'
import type { CatalogueEntry, Model } from '../../src-main/contract/entities.ts'
import type { ProcedureEvent } from '../../src-main/contract/procedures.ts'
import type { Client } from '../channel/client.ts'
import { t } from '../texts/texts.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import type { Notices } from '../ui/notices.svelte.ts'
import { Task } from '../ui/task.svelte.ts'

export type Progress = ProcedureEvent<'models.pull'>

/** A download or an import: what it does, how far it is, why it failed. */
export class Arrival {
  readonly task = new Task()
  progress = $state.raw<Progress | null>(null)

  /** The model that came; null if it was stopped or failed. */
  async run(
    work: (signal: AbortSignal, onEvent: (event: Progress) => void) => Promise<Model>,
  ): Promise<Model | null> {
    this.progress = null
    let arrived: Model | null = null
    await this.task.run(async (signal) => {
      arrived = await work(signal, (event) => (this.progress = event))
    })
    return arrived
  }
}

export class Models {
  readonly installed: Loadable<readonly Model[]>
  readonly catalogue: Loadable<readonly CatalogueEntry[]>
  readonly importing = new Arrival()
  readonly removing = new Task()
  readonly #downloads = new Map<string, Arrival>()
  readonly #client: Client
  readonly #notices: Notices

  constructor(client: Client, notices: Notices) {
    this.#client = client
    this.#notices = notices
    this.installed = new Loadable(() => client.call('models.list', {}))
    this.catalogue = new Loadable(() => client.call('models.catalogue', {}))
  }

  nameOf(id: string | null): string {
    return this.installed.value?.find((model) => model.id === id)?.name ?? t.models.removed
  }

  download(id: string): Arrival {
    const known = this.#downloads.get(id)
    if (known) return known
    const arrival = new Arrival()
    this.#downloads.set(id, arrival)
    return arrival
  }

  async pull(id: string): Promise<void> {
    const model = await this.download(id).run((signal, onEvent) =>
      this.#client.call('models.pull', { id }, { signal, onEvent }),
    )
    if (model !== null) this.#notices.say(t.models.arrived(model.name))
    await this.refresh()
  }

  /** True when the model was imported; its float weights in so many bits, or as they are. */
  async import(path: string, quantize: 4 | 8 | null): Promise<boolean> {
    const model = await this.importing.run((signal, onEvent) =>
      this.#client.call('models.import', { path, name: null, quantize }, { signal, onEvent }),
    )
    if (model === null) return false
    this.#notices.say(t.models.arrived(model.name))
    await this.refresh()
    return true
  }

  /** Opens the system's file dialog and imports what was picked. */
  async pickAndImport(quantize: 4 | 8 | null): Promise<void> {
    let path: string | null = null
    await this.importing.task.run(async () => {
      path = await this.#client.call('host.pickFile', { kind: 'model' })
    })
    if (path !== null) await this.import(path, quantize)
  }

  async remove(id: string): Promise<void> {
    await this.removing.run(async () => {
      await this.#client.call('models.remove', { id })
    })
    await this.refresh()
  }

  async refresh(): Promise<void> {
    await Promise.all([this.installed.load(), this.catalogue.load()])
  }
}

export const [useModels, provideModels] = createContext<Models>()
