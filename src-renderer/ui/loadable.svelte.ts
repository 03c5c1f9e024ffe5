/** Something fetched: its value, whether it is being fetched, and why it could not be. */
import { toFailureMessage, type FailureMessage } from '../../src-main/contract/failure.ts'

export class Loadable<T> {
  value = $state.raw<T | undefined>()
  failure = $state.raw<FailureMessage | null>(null)
  loading = $state(false)
  readonly #fetch: () => Promise<T>
  #latest = 0

  constructor(fetch: () => Promise<T>) {
    this.#fetch = fetch
  }

  /** Fetches again; the old value stays in view until then. A newer `load` overtakes an older one. */
  async load(): Promise<void> {
    const ticket = ++this.#latest
    this.loading = true
    try {
      const value = await this.#fetch()
      if (ticket !== this.#latest) return
      this.value = value
      this.failure = null
    } catch (error) {
      if (ticket === this.#latest) this.failure = toFailureMessage(error)
    } finally {
      if (ticket === this.#latest) this.loading = false
    }
  }
}
