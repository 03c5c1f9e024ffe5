import { GraphBuilder } from '../graph/builder.ts'
import type { Graph } from '../graph/graph.ts'
import * as op from '../graph/operators.ts'
import type { Feeds, Results, Session, Tensor } from '../graph/runtime.ts'
import type { LlamaConfig } from './config.ts'
import { bytesOfToken, type TokenCache } from './kv-cache.ts'

/** What the caches of a model share on a device. */
export interface CacheDevice {
  /** Over `cutGraph`. */
  readonly cutter: () => Promise<Session>
  /** One place of one layer, without meaning: keys `[K, D, 1]`, values `[K, 1, D]`. */
  readonly emptyPlace: () => Promise<{ readonly keys: Tensor; readonly values: Tensor }>
}

/** Tensors of a device by the decoder graph's input names; nothing changes them, so caches can share them. */
interface Held {
  /** Null: the empty place alone. */
  readonly feeds: Readonly<Record<string, Tensor>> | null
  readonly capacity: number
  users: number
}

/**
 * Keys and values that stay in a device's memory: each run of the decoder graph that joins its cache gives new ones,
 * and only there are they fed back. What was forgotten is cut off by a graph before the next run.
 *
 * The first place is always empty and hidden: a device's operators don't take tensors without elements.
 */
export class DeviceKvCache implements TokenCache {
  readonly firstPlace = 1
  readonly #config: LlamaConfig
  readonly #device: CacheDevice
  readonly #tokens: number[] = []
  #held: Held = { ...nothingHeld, users: 1 }

  constructor(config: LlamaConfig, device: CacheDevice) {
    this.#config = config
    this.#device = device
  }

  get tokens(): readonly number[] {
    return this.#tokens
  }

  get length(): number {
    return this.#tokens.length
  }

  get capacity(): number {
    return this.#held.capacity
  }

  get bytes(): number {
    return bytesOfToken(this.#config) * this.capacity
  }

  truncate(length: number): void {
    this.#tokens.length = Math.min(this.length, length)
  }

  copy(length: number): DeviceKvCache {
    const copied = new DeviceKvCache(this.#config, this.#device)
    copied.#tokens.push(...this.#tokens.slice(0, length))
    copied.#hold(this.#held)
    return copied
  }

  async feeds(): Promise<Feeds> {
    if (this.capacity > this.length + 1) await this.#cut()
    return this.#held.feeds ?? (await this.#emptyFeeds())
  }

  append(tokens: readonly number[], results: Results): void {
    const feeds: Record<string, Tensor> = {}
    for (const [name, tensor] of Object.entries(results)) {
      const input = name.replace(/^next([KV])/, (_, initial: string) => initial.toLowerCase())
      if (input !== name) feeds[input] = tensor
    }
    this.#hold({ feeds, capacity: this.capacity + tokens.length, users: 0 })
    this.#tokens.push(...tokens)
  }

  release(): void {
    this.#tokens.length = 0
    this.#hold({ ...nothingHeld })
  }

  async #cut(): Promise<void> {
    if (this.length === 0) return this.#hold({ ...nothingHeld })
    const cutter = await this.#device.cutter()
    const places = { data: BigInt64Array.of(BigInt(this.length + 1)), shape: [1] }
    const feeds: Record<string, Tensor> = {}
    for (let layer = 0; layer < this.#config.layerCount; layer++) {
      const [keys, values] = [this.#held.feeds?.[`keys.${layer}`], this.#held.feeds?.[`values.${layer}`]]
      if (keys === undefined || values === undefined) throw new TypeError(`Layer ${layer} has no cache.`)
      const cut = await cutter.run({ keys, values, places })
      for (const name of ['keys', 'values']) {
        const tensor = cut[`cut.${name}`]
        if (tensor !== undefined) feeds[`${name}.${layer}`] = tensor
      }
    }
    this.#hold({ feeds, capacity: this.length + 1, users: 0 })
  }

  async #emptyFeeds(): Promise<Feeds> {
    const { keys, values } = await this.#device.emptyPlace()
    const layers = Array.from({ length: this.#config.layerCount }, (_, layer) => layer)
    return Object.fromEntries(
      layers.flatMap((layer) => [
        [`keys.${layer}`, keys],
        [`values.${layer}`, values],
      ]),
    )
  }

  #hold(held: Held): void {
    held.users++
    this.#held.users--
    if (this.#held.users === 0) for (const tensor of Object.values(this.#held.feeds ?? {})) tensor.release?.()
    this.#held = held
  }
}

const nothingHeld: Held = { feeds: null, capacity: 1, users: 0 }

/** The outputs of a decoder graph that joins its cache: see `DeviceKvCache.append`. */
export function cacheOutputs({ layerCount }: LlamaConfig): readonly string[] {
  return Array.from({ length: layerCount }, (_, layer) => [`nextKeys.${layer}`, `nextValues.${layer}`]).flat()
}

/**
 * The first places of one layer's cache: inputs `keys [K, D, C]`, `values [K, C, D]`, `places [1]` int64; outputs
 * `cut.keys`, `cut.values`.
 */
export function cutGraph({ kvHeadCount: K, headDim: D }: LlamaConfig): Graph {
  const g = new GraphBuilder('cut_cache')
  const keys = g.input('keys', 'float32', [K, D, 'C'])
  const values = g.input('values', 'float32', [K, 'C', D])
  const places = g.input('places', 'int64', [1])
  g.output(op.sliceAt(g, keys, 2, places, 'head', 'P'), 'cut.keys')
  g.output(op.sliceAt(g, values, 1, places, 'head', 'P'), 'cut.values')
  return g.finish()
}
