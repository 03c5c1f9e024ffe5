/** Backing up, restoring and deleting all of a person's data. */
import { createContext } from 'svelte'
import type { ProcedureResult } from '../../src-main/contract/procedures.ts'
import type { Client } from '../channel/client.ts'
import { t } from '../texts/texts.ts'
import { formatBytes } from '../ui/format.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import type { Notices } from '../ui/notices.svelte.ts'
import { Task } from '../ui/task.svelte.ts'

export class Data {
  readonly state: Loadable<ProcedureResult<'data.state'>>
  readonly backingUp = new Task()
  readonly restoring = new Task()
  readonly erasing = new Task()
  readonly #client: Client
  readonly #notices: Notices
  readonly #changed: () => void

  /** @param changed called when everything that is shown may have changed */
  constructor(client: Client, notices: Notices, changed: () => void) {
    this.#client = client
    this.#notices = notices
    this.#changed = changed
    this.state = new Loadable(() => client.call('data.state', {}))
  }

  /** Says so if the database had to be repaired when the app was started. */
  async tellOfRepair(): Promise<void> {
    await this.state.load()
    const repair = this.state.value?.repair
    if (repair) this.#notices.say(t.data.repaired(repair.savedRows, repair.backupPath !== null))
  }

  async backUp(path: string): Promise<void> {
    await this.backingUp.run(async () => {
      const { sizeBytes } = await this.#client.call('data.backUp', { path })
      this.#notices.say(t.data.backedUp(path, formatBytes(sizeBytes)))
    })
  }

  async restore(path: string, mode: 'merge' | 'replace'): Promise<void> {
    await this.restoring.run(async () => {
      const report = await this.#client.call('data.restore', { path, mode })
      this.#changed()
      this.#notices.say(t.data.restored(report))
    })
  }

  async erase(): Promise<boolean> {
    return await this.erasing.run(async () => {
      try {
        await this.#client.call('data.deleteEverything', { confirmation: 'delete everything' })
        this.#notices.say(t.data.erased)
      } finally {
        this.#changed()
      }
    })
  }
}

export const [useData, provideData] = createContext<Data>()
