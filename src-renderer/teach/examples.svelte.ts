/** What was taught: the examples, which of them are selected, and what an import brought. */
import { createContext } from 'svelte'
import { SvelteSet } from 'svelte/reactivity'
import type { Example, ImportIssue } from '../../src-main/contract/entities.ts'
import type { Client } from '../channel/client.ts'
import { plural } from '../ui/format.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import type { Notices } from '../ui/notices.svelte.ts'
import { Task } from '../ui/task.svelte.ts'
import { readBase64 } from './read-file.ts'

export interface ImportReport {
  readonly file: string
  readonly addedCount: number
  readonly issues: readonly ImportIssue[]
}

export class Examples {
  readonly list: Loadable<readonly Example[]>
  readonly selected = new SvelteSet<string>()
  readonly importing = new Task()
  readonly saving = new Task()
  report = $state.raw<ImportReport | null>(null)
  readonly #client: Client
  readonly #notices: Notices

  constructor(client: Client, notices: Notices) {
    this.#client = client
    this.#notices = notices
    this.list = new Loadable(async () => {
      const examples = await client.call('examples.list', {})
      const ids = new Set(examples.map((example) => example.id))
      for (const id of this.selected) if (!ids.has(id)) this.selected.delete(id)
      return examples
    })
  }

  get count(): number {
    return this.list.value?.length ?? 0
  }

  /** Adds the example, or changes it if it has an id; true when it was saved. */
  async save(id: string | null, messages: Example['messages']): Promise<boolean> {
    const saved = await this.saving.run(async () => {
      if (id === null) await this.#client.call('examples.add', { messages })
      else await this.#client.call('examples.update', { id, messages })
    })
    if (saved) await this.list.load()
    return saved
  }

  async remove(ids: readonly string[]): Promise<void> {
    try {
      await this.#client.call('examples.remove', { ids: [...ids] })
    } catch (error) {
      this.#notices.fail(error)
      return
    }
    await this.list.load()
    this.#notices.offerUndo(`Removed ${plural(ids.length, 'example')}.`, async () => {
      await this.#client.call('examples.restore', { ids: [...ids] })
      await this.list.load()
    })
  }

  async import(file: File): Promise<void> {
    this.report = null
    await this.importing.run(async (signal) => {
      const base64 = await readBase64(file)
      const { added, issues } = await this.#client.call(
        'examples.import',
        { file: file.name, base64 },
        { signal },
      )
      this.report = { file: file.name, addedCount: added.length, issues }
    })
    await this.list.load()
  }
}

export const [useExamples, provideExamples] = createContext<Examples>()
