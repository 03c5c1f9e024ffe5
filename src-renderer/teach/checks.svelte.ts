/** What the app found in the examples: duplicates, private data, lengths. */
import type { Finding } from '../../src-main/contract/entities.ts'
import type { ProcedureResult } from '../../src-main/contract/procedures.ts'
import type { Client } from '../channel/client.ts'
import { Task } from '../ui/task.svelte.ts'

export type Mark = 'duplicate' | 'private' | 'long' | 'unusable'
export const marks: readonly Mark[] = ['duplicate', 'private', 'long', 'unusable']

export class Checks {
  readonly checking = new Task()
  /** 0 to 1 while it is under way. */
  share = $state(0)
  #result = $state.raw<ProcedureResult<'examples.check'> | null>(null)
  readonly #lengths = $derived(new Map(this.#result?.tokens.map((counted) => [counted.id, counted])))
  readonly #findings = $derived(new Map(this.#result?.findings.map(({ id, findings }) => [id, findings])))
  readonly #copies = $derived(new Set(this.#result?.duplicates.flatMap((group) => group.slice(1))))
  readonly #duplicates = $derived(new Set(this.#result?.duplicates.flat()))
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  /** Looks at what is new; an older look that is under way is given up. */
  async check(modelId: string | null): Promise<void> {
    this.checking.stop()
    await this.checking.idle()
    await this.checking.run(async (signal) => {
      this.share = 0
      const onEvent = ({ share }: { share: number }) => (this.share = share)
      const result = await this.#client.call('examples.check', { modelId }, { signal, onEvent })
      if (!signal.aborted) this.#result = result
    })
  }

  /** In tokens; undefined where it isn't known. */
  tokens(id: string): number | undefined {
    const counted = this.#lengths.get(id)
    return counted?.failure === null ? counted.tokens : undefined
  }

  findings(id: string): readonly Finding[] {
    return this.#findings.get(id) ?? []
  }

  /** Near-duplicates but for the oldest of each group. */
  isCopy(id: string): boolean {
    return this.#copies.has(id)
  }

  has(id: string, mark: Mark): boolean {
    switch (mark) {
      case 'duplicate':
        return this.#duplicates.has(id)
      case 'private':
        return this.#findings.has(id)
      case 'long':
        return (this.tokens(id) ?? 0) > (this.#result?.contextLength ?? Infinity)
      case 'unusable':
        return (this.#lengths.get(id)?.failure ?? null) !== null
    }
  }
}
