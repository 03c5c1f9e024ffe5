/** Instructions under a name, for any conversation. */
import { createContext } from 'svelte'
import type { Persona } from '../../src-main/contract/entities.ts'
import type { Client } from '../channel/client.ts'
import { t } from '../texts/texts.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import type { Notices } from '../ui/notices.svelte.ts'

export class Personas {
  readonly list: Loadable<readonly Persona[]>
  readonly #client: Client
  readonly #notices: Notices

  constructor(client: Client, notices: Notices) {
    this.#client = client
    this.#notices = notices
    this.list = new Loadable(() => client.call('personas.list', {}))
  }

  /** Adds it, or replaces the one of the same name. */
  async save(name: string, systemPrompt: string): Promise<void> {
    const same = this.list.value?.find((one) => one.name.toLowerCase() === name.trim().toLowerCase())
    await this.#put({ id: same?.id ?? crypto.randomUUID(), name, systemPrompt })
  }

  async remove(persona: Persona): Promise<void> {
    try {
      this.list.value = await this.#client.call('personas.remove', { id: persona.id })
      this.#notices.offerUndo(t.chat.personas.removed(persona.name), () => this.#put(persona))
    } catch (error) {
      this.#notices.fail(error)
    }
  }

  async #put(persona: Persona): Promise<void> {
    try {
      this.list.value = await this.#client.call('personas.put', persona)
    } catch (error) {
      this.#notices.fail(error)
    }
  }
}

export const [usePersonas, providePersonas] = createContext<Personas>()
