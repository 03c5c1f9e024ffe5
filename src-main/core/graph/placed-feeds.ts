import type { Feeds, Precision, Runtime, Tensor } from './runtime.ts'

/**
 * What graphs are fed with again and again: put into the device's memory the first time, where there is one. Tensors
 * are told apart by identity; their numbers must not change.
 */
export class PlacedFeeds {
  readonly #runtime: Runtime
  readonly #precision: Precision
  readonly #placed = new Map<Tensor, Tensor>()

  constructor(runtime: Runtime, precision: Precision) {
    this.#runtime = runtime
    this.#precision = precision
  }

  async place(feeds: Feeds): Promise<Feeds> {
    const placed: Record<string, Tensor> = {}
    for (const [name, tensor] of Object.entries(feeds)) placed[name] = await this.placeOne(tensor)
    return placed
  }

  async placeOne(tensor: Tensor): Promise<Tensor> {
    const { deviceMemory } = this.#runtime
    if (deviceMemory === null) return tensor
    const known = this.#placed.get(tensor) ?? (await deviceMemory.put(tensor, this.#precision))
    this.#placed.set(tensor, known)
    return known
  }

  release(): void {
    for (const tensor of this.#placed.values()) tensor.release?.()
    this.#placed.clear()
  }
}
