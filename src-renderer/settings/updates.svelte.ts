/** Whether there is a newer version of Veranda, and its installation. */
import { createContext } from 'svelte'
import type { UpdateState } from '../../src-main/contract/entities.ts'
import type { Client } from '../channel/client.ts'
import { Task } from '../ui/task.svelte.ts'

export class Updates {
  /** As it was found last; null where nobody was asked. */
  state = $state.raw<UpdateState | null>(null)
  progress = $state.raw<{ readonly doneBytes: number; readonly totalBytes: number } | null>(null)
  readonly checking = new Task()
  readonly installing = new Task()
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  async check(): Promise<void> {
    await this.checking.run(async () => {
      this.state = null
      this.state = await this.#client.call('updates.check', {})
    })
  }

  /** Asks nobody where the person has not chosen to. */
  async checkAtStart(): Promise<void> {
    await this.checking.run(async () => {
      const { updates } = await this.#client.call('settings.get', {})
      if (updates !== 'off') this.state = await this.#client.call('updates.check', {})
    })
  }

  /** Ends the app, if all goes well. */
  async install(): Promise<void> {
    await this.installing.run(async () => {
      const onEvent = (progress: Updates['progress']): void => void (this.progress = progress)
      await this.#client.call('updates.install', {}, { onEvent })
    })
  }
}

export const [useUpdates, provideUpdates] = createContext<Updates>()
