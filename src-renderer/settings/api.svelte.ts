/** The API for other programs, as the person sees and changes it. */
import type { ProcedureInput, ProcedureResult } from '../../src-main/contract/procedures.ts'
import type { Client } from '../channel/client.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import { Task } from '../ui/task.svelte.ts'

export class Api {
  readonly state: Loadable<ProcedureResult<'api.state'>>
  readonly changing = new Task()
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
    this.state = new Loadable(() => client.call('api.state', {}))
  }

  async change(changes: ProcedureInput<'api.update'>): Promise<void> {
    await this.changing.run(async () => {
      this.state.value = await this.#client.call('api.update', changes)
    })
    // A change that failed may have turned it off.
    if (this.changing.failure) await this.state.load()
  }
}
