/** The adapters, shown to people as assistants. */
import { createContext } from 'svelte'
import type { Adapter } from '../../src-main/contract/entities.ts'
import { fromFailureMessage } from '../../src-main/contract/failure.ts'
import type { ProcedureInput, ProcedureResult } from '../../src-main/contract/procedures.ts'
import type { Client } from '../channel/client.ts'
import { readBase64 } from '../teach/read-file.ts'
import { t } from '../texts/texts.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import type { Notices } from '../ui/notices.svelte.ts'
import { Task } from '../ui/task.svelte.ts'

type ImportSource = ProcedureInput<'adapters.import'>['source']

export class Adapters {
  readonly list: Loadable<readonly Adapter[]>
  readonly renaming = new Task()
  readonly forgetting = new Task()
  readonly blending = new Task()
  readonly importing = new Task()
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
      this.#put(await this.#client.call('adapters.rename', { id: adapter.id, name }))
    })
  }

  /** Whether there is a new assistant that does what these do. */
  async blend(name: string, parts: ProcedureInput<'adapters.blend'>['parts']): Promise<boolean> {
    return await this.blending.run(async () => {
      const made = await this.#client.call('adapters.blend', { name, parts })
      await this.list.load()
      this.#notices.say(t.assistants.blend.done(made.name))
    })
  }

  async note(adapter: Adapter, notes: string): Promise<void> {
    try {
      this.#put(await this.#client.call('adapters.note', { id: adapter.id, notes }))
    } catch (error) {
      this.#notices.fail(error)
    }
  }

  lineageOf(adapter: Adapter): Loadable<ProcedureResult<'adapters.lineage'>> {
    return new Loadable(() => this.#client.call('adapters.lineage', { id: adapter.id }))
  }

  /** Starts a new version without the example; whether it could. */
  async forget(adapter: Adapter, exampleId: string): Promise<boolean> {
    return await this.forgetting.run(async () => {
      const run = await this.#client.call('adapters.forget', { id: adapter.id, exampleIds: [exampleId] })
      this.#notices.say(t.assistants.forgetting(run.name))
    })
  }

  /** Adds the assistant of a file or folder; whether it could. */
  async import(source: ImportSource, modelId: string | null): Promise<boolean> {
    return await this.importing.run(async (signal) => await this.#import(source, modelId, signal))
  }

  /** Adds the assistant of a file that the person opened with the app, after what is under way. */
  async open(path: string): Promise<void> {
    await this.importing.idle()
    await this.import({ kind: 'path', path }, null)
    const { failure } = this.importing
    if (failure !== null) this.#notices.fail(fromFailureMessage(failure))
  }

  async importFiles(files: readonly File[], modelId: string | null): Promise<boolean> {
    return await this.importing.run(async (signal) => {
      const read = files.map(async (file) => ({ name: file.name, base64: await readBase64(file) }))
      await this.#import({ kind: 'files', files: await Promise.all(read) }, modelId, signal)
    })
  }

  async #import(source: ImportSource, modelId: string | null, signal: AbortSignal): Promise<void> {
    const input = { source, name: null, modelId }
    const adapter = await this.#client.call('adapters.import', input, { signal })
    await this.list.load()
    this.#notices.say(t.transfer.imported(adapter.name))
  }

  async remove(adapter: Adapter): Promise<void> {
    try {
      await this.#client.call('adapters.remove', { id: adapter.id })
    } catch (error) {
      this.#notices.fail(error)
      return
    }
    this.list.value = this.list.value?.filter((other) => other.id !== adapter.id)
    this.#notices.offerUndo(t.assistants.removed(adapter.name), async () => {
      await this.#client.call('adapters.restore', { id: adapter.id })
      await this.list.load()
    })
  }

  #put(adapter: Adapter): void {
    this.list.value = this.list.value?.map((other) => (other.id === adapter.id ? adapter : other))
  }
}

export const [useAdapters, provideAdapters] = createContext<Adapters>()
