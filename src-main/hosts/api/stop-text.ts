/** Ends a text before the first of some strings, and holds back what may turn out to begin one. */
export class StopText {
  readonly #stops: readonly string[]
  #held = ''
  #stopped = false

  constructor(stops: readonly string[]) {
    this.#stops = stops
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** The text that may be shown now. */
  push(text: string): string {
    if (this.#stopped) return ''
    this.#held += text
    const places = this.#stops.map((stop) => this.#held.indexOf(stop)).filter((place) => place >= 0)
    this.#stopped = places.length > 0
    return this.#release(this.#stopped ? Math.min(...places) : this.#held.length - this.#begun())
  }

  /** What was held back, now that no more comes. */
  end(): string {
    return this.#stopped ? '' : this.#release(this.#held.length)
  }

  #release(length: number): string {
    const shown = this.#held.slice(0, length)
    this.#held = this.#held.slice(length)
    return shown
  }

  /** Characters at the end that a stop string begins with. */
  #begun(): number {
    for (let length = Math.max(0, ...this.#stops.map((stop) => stop.length - 1)); length > 0; length--) {
      const tail = this.#held.slice(-length)
      if (tail.length === length && this.#stops.some((stop) => stop.startsWith(tail))) return length
    }
    return 0
  }
}
