/** The adapters, shown to people as assistants. */
import { createContext } from 'svelte'
import type { Adapter } from '../../src-main/contract/entities.ts'
import type { Client } from '../channel/client.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import type { Notices } from '../ui/notices.svelte.ts'
import { Task } from '../ui/task.svelte.ts'

export class Adapters {
  readonly list: Loadable<readonly Adapter[]>
  readonly renaming = new Task()
  readonly #client: Client
  readonly #notices: Notices

  constructor(client: Client, notices: Notices) {
    this.#client = client
    this.#notices = notices
    this.list = new Loadable(() => client.call('adapters.list', {}))
  }

  find(id: string | null): Adapter | undefined {
    return this.list.value?.find((adapter) => adapter.id === id)
  }

  async rename(adapter: Adapter, name: string): Promise<boolean> {
    return await this.renaming.run(async () => {
      const renamed = await this.#client.call('adapters.rename', { id: adapter.id, name })
      this.list.value = this.list.value?.map((other) => (other.id === renamed.id ? renamed : other))
    })
  }

  async remove(adapter: Adapter): Promise<void> {
    try {
      await this.#client.call('adapters.remove', { id: adapter.id })
    } catch (error) {
      this.#notices.fail(error)
      return
    }
    this.list.value = this.list.value?.filter((other) => other.id !== adapter.id)
    this.#notices.offerUndo(`Deleted the assistant “${adapter.name}”.`, async () => {
      await this.#client.call('adapters.restore', { id: adapter.id })
      await this.list.load()
    })
  }
}

export const [useAdapters, provideAdapters] = createContext<Adapters>()
