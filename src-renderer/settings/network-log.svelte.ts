/** What the app asked of the network, as the person reads it. */
import type { NetworkRequest } from '../../src-main/contract/entities.ts'
import type { Client } from '../channel/client.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import { Task } from '../ui/task.svelte.ts'

export class NetworkLog {
  readonly requests: Loadable<NetworkRequest[]>
  readonly clearing = new Task()
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
    this.requests = new Loadable(() => client.call('network.list', {}))
  }

  async clear(): Promise<void> {
    await this.clearing.run(async () => {
      await this.#client.call('network.clear', {})
      await this.requests.load()
    })
  }
}
