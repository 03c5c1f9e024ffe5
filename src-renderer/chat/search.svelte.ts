/** A search through all messages, as it is typed. */
import type { FoundMessage } from '../../src-main/contract/entities.ts'
import type { Client } from '../channel/client.ts'
import { Loadable } from '../ui/loadable.svelte.ts'

const restMs = 120

export class Search {
  text = $state('')
  readonly found: Loadable<readonly FoundMessage[]>
  #later: ReturnType<typeof setTimeout> | undefined

  constructor(client: Client) {
    this.found = new Loadable(async () =>
      this.text.trim() === '' ? [] : await client.call('conversations.search', { text: this.text }),
    )
  }

  /** Asks once the typing rests; what was found before stays in view until then. */
  write(text: string): void {
    this.text = text
    clearTimeout(this.#later)
    this.#later = setTimeout(() => void this.found.load(), text.trim() === '' ? 0 : restMs)
  }
}
