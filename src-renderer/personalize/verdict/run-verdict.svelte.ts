/** The verdict on one run, as its answers come. */
import type { Verdict, VerdictPair } from '../../../src-main/contract/verdict.ts'
import type { Client } from '../../channel/client.ts'
import { Task } from '../../ui/task.svelte.ts'

export class RunVerdict {
  readonly runId: string
  value = $state.raw<Verdict | null>(null)
  readonly judging = new Task()
  readonly deciding = new Task()
  readonly #client: Client

  constructor(runId: string, client: Client) {
    this.runId = runId
    this.#client = client
  }

  /** Asks what wasn't asked yet. */
  async judge(): Promise<void> {
    const { runId: id } = this
    await this.judging.run(async (signal) => {
      const onEvent = (verdict: Verdict) => (this.value = verdict)
      this.value = await this.#client.call('runs.verdict', { id }, { signal, onEvent })
    })
  }

  async prefer(pair: number, preferred: VerdictPair['preferred']): Promise<void> {
    const { runId: id } = this
    await this.deciding.run(async () => {
      this.value = await this.#client.call('runs.prefer', { id, pair, preferred })
    })
  }

  async keep(): Promise<void> {
    const { runId: id } = this
    await this.deciding.run(async () => {
      this.value = await this.#client.call('runs.keep', { id })
    })
  }
}
