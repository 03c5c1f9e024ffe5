import type { Feeds, Runtime, Tensor } from './runtime.ts'

/**
 * What graphs are fed with again and again: put into the device's memory the first time, where there is one. Tensors
 * are told apart by identity; their numbers must not change.
 */
export class PlacedFeeds {
  readonly #runtime: Runtime
  readonly #placed = new Map<Tensor, Tensor>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  async place(feeds: Feeds): Promise<Feeds> {
    if (this.#runtime.deviceMemory === null) return feeds
    const placed: Record<string, Tensor> = {}
    for (const [name, tensor] of Object.entries(feeds)) {
      const known = this.#placed.get(tensor) ?? (await this.#runtime.deviceMemory.put(tensor))
      this.#placed.set(tensor, known)
      placed[name] = known
    }
    return placed
  }

  release(): void {
    for (const tensor of this.#placed.values()) tensor.release?.()
    this.#placed.clear()
  }
}
