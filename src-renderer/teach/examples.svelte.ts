/** What was taught: how many examples there are, which fit the filters, which are selected. */
import { createContext } from 'svelte'
import { SvelteMap, SvelteSet } from 'svelte/reactivity'
import type { Example, ExampleStatus } from '../../src-main/contract/entities.ts'
import type { ProcedureInput, ProcedureResult } from '../../src-main/contract/procedures.ts'
import type { Client } from '../channel/client.ts'
import { t } from '../texts/texts.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import type { Notices } from '../ui/notices.svelte.ts'
import { Task } from '../ui/task.svelte.ts'
import { Checks } from './checks.svelte.ts'

export type Filter = ProcedureInput<'examples.find'>
type Change = ProcedureInput<'examples.change'>['change']

const everything: Filter = { words: '', status: null, tag: null, source: null }

export class Examples {
  /** How many there are of each state, and all tags. */
  readonly overview: Loadable<ProcedureResult<'examples.find'>>
  readonly found: Loadable<ProcedureResult<'examples.find'>>
  readonly checks: Checks
  readonly selected = new SvelteSet<string>()
  readonly saving = new Task()
  readonly changing = new Task()
  filter = $state.raw<Filter>(everything)
  readonly #rows = new SvelteMap<string, Example>()
  readonly #needed = new Set<string>()
  readonly #client: Client
  readonly #notices: Notices

  constructor(client: Client, notices: Notices) {
    this.#client = client
    this.#notices = notices
    this.checks = new Checks(client)
    this.overview = new Loadable(async () => {
      const overview = await client.call('examples.find', everything)
      const ids = new Set(overview.ids)
      for (const id of this.selected) if (!ids.has(id)) this.selected.delete(id)
      for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id)
      return overview
    })
    this.found = new Loadable(async () => await client.call('examples.find', this.filter))
  }

  /** All of them. */
  get count(): number {
    return this.overview.value?.ids.length ?? 0
  }

  /** Those that are learned unless the person chooses others. */
  get approvedCount(): number {
    return this.overview.value?.counts.approved ?? 0
  }

  /** The example once it is here; asking for it fetches it, with all others that are asked for at once. */
  row(id: string): Example | undefined {
    const known = this.#rows.get(id)
    if (known === undefined) {
      if (this.#needed.size === 0) queueMicrotask(() => void this.#fetchNeeded())
      this.#needed.add(id)
    }
    return known
  }

  async narrow(changes: Partial<Filter>): Promise<void> {
    this.filter = { ...this.filter, ...changes }
    await this.found.load()
  }

  /** After anything changed: the rows in view stay until the new ones are here. */
  async refresh(): Promise<void> {
    await Promise.all([this.overview.load(), this.found.load()])
    const ids = [...this.#rows.keys()]
    if (ids.length > 0) await this.#fetch(ids.slice(-500))
    for (const id of ids.slice(0, -500)) this.#rows.delete(id)
  }

  /** Adds the example, or changes it if it has an id; true when it was saved. */
  async save(id: string | null, content: Omit<ProcedureInput<'examples.update'>, 'id'>): Promise<boolean> {
    const saved = await this.saving.run(async () => {
      if (id !== null) await this.#client.call('examples.update', { ...content, id })
      else await this.#client.call('examples.add', { messages: content.messages, tags: content.tags })
    })
    if (saved) await this.refresh()
    return saved
  }

  /** Changes them all and offers to take it back. */
  async change(ids: readonly string[], change: Change): Promise<void> {
    try {
      const { changeId, changed } = await this.#client.call('examples.change', { ids: [...ids], change })
      this.offerUndo(wordsOf(change)(changed), changeId)
    } catch (error) {
      this.#notices.fail(error)
    }
    await this.refresh()
  }

  offerUndo(text: string, changeId: string): void {
    this.#notices.offerUndo(text, async () => {
      await this.#client.call('examples.undo', { changeId })
      await this.refresh()
    })
  }

  async #fetchNeeded(): Promise<void> {
    const ids = [...this.#needed]
    this.#needed.clear()
    try {
      await this.#fetch(ids)
    } catch (error) {
      this.#notices.fail(error)
    }
  }

  async #fetch(ids: string[]): Promise<void> {
    for (const example of await this.#client.call('examples.list', { ids }))
      this.#rows.set(example.id, example)
  }
}

function wordsOf(change: Change): (count: number) => string {
  switch (change.kind) {
    case 'status':
      return t.teach.done[change.status satisfies ExampleStatus]
    case 'addTag':
      return t.teach.done.tagged
    case 'removeTag':
      return t.teach.done.untagged
    case 'redact':
      return t.teach.done.redacted
    case 'remove':
      return t.teach.done.removed
  }
}

export const [useExamples, provideExamples] = createContext<Examples>()
