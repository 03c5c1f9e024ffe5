/** A dial and a text change in many small steps: what they come to is saved a moment after the last. */
const afterMs = 400

export class SaveLater {
  #save: (() => Promise<unknown>) | null = null
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Takes the place of what was waiting. */
  later(save: () => Promise<unknown>): void {
    this.drop()
    this.#save = save
    this.#timer = setTimeout(() => void this.now(), afterMs)
    addEventListener('pagehide', this.#atOnce)
  }

  /** Saves what is waiting, before it is read again or the page is gone. */
  async now(): Promise<void> {
    const save = this.#save
    this.drop()
    await save?.()
  }

  /** For what something else has saved already. */
  drop(): void {
    clearTimeout(this.#timer)
    removeEventListener('pagehide', this.#atOnce)
    this.#save = null
  }

  readonly #atOnce = (): void => void this.now()
}
