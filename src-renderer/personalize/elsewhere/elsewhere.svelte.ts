import type { ProcedureInput, ProcedureResult } from '../../../src-main/contract/procedures.ts'
import type { Client } from '../../channel/client.ts'
import { Task } from '../../ui/task.svelte.ts'

/** What is typed there: the same in every language. */
export const commands = ['pip install torch transformers peft accelerate', 'accelerate launch train.py'].join(
  '\n',
)

/** What is to be learned, on its way to another machine. */
export class Elsewhere {
  readonly task = new Task()
  /** 0 to 1. */
  share = $state(0)
  result = $state.raw<ProcedureResult<'bundle.export'> | null>(null)
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  async write(input: ProcedureInput<'bundle.export'>): Promise<void> {
    this.share = 0
    this.result = null
    await this.task.run(async (signal) => {
      const onEvent = ({ share }: { readonly share: number }) => (this.share = share)
      this.result = await this.#client.call('bundle.export', input, { signal, onEvent })
    })
  }
}
