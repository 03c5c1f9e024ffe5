import { mapEvents } from '../../contract/event-stream.ts'
import { Failure } from '../../contract/failure.ts'
import type { Sentence } from '../../contract/sentence.ts'
import type {
  Engine,
  OperationEvent,
  OperationInput,
  OperationName,
  OperationResult,
} from '../../engine/contract.ts'
import { type DeviceOptions, theProcessor } from '../../engine/device-contract.ts'

/** The operations that compute with a model; the others are the processor's. */
const computing: ReadonlySet<OperationName> = new Set<OperationName>(['chat', 'train', 'evaluate'])
/** How a device that doesn't do its work shows: its process dies, or it can't run a graph. */
const faults: ReadonlySet<string> = new Set([
  'engine-crashed',
  'engine-not-started',
  'graph-not-loaded',
  'graph-failed',
])

export interface DeviceEngineOptions {
  readonly processor: Engine
  /** An engine in a process of its own on another device. */
  readonly engineOn: (device: DeviceOptions) => Engine
  /** The device to compute on now. */
  readonly wanted: () => Promise<DeviceOptions>
  /** A device failed at its work; it isn't wanted from then on. */
  readonly onFault: (device: DeviceOptions['device'], reason: Sentence) => void
}

interface Started {
  readonly options: DeviceOptions
  readonly engine: Engine
  running: number
}

/**
 * One engine over several: what computes goes to the device that is wanted, what fails there before it has begun is
 * done by the processor instead.
 */
export class DeviceEngine implements Engine {
  readonly #options: DeviceEngineOptions
  #current: Started | null = null
  /** All that were started and not closed yet. */
  readonly #engines = new Set<Engine>()

  constructor(options: DeviceEngineOptions) {
    this.#options = options
  }

  async *run<K extends OperationName>(
    operation: K,
    input: OperationInput<K>,
    signal?: AbortSignal,
  ): AsyncGenerator<OperationEvent<K>, OperationResult<K>> {
    const { processor, onFault } = this.#options
    if (operation === 'releaseModel' && this.#current !== null) {
      yield* this.#current.engine.run(operation, input, signal)
    }
    const started = computing.has(operation) ? await this.#wanted() : null
    if (started === null) return yield* processor.run(operation, input, signal)
    started.running++
    let begun = false
    try {
      return yield* mapEvents(started.engine.run(operation, input, signal), (event) => {
        begun = true
        return event
      })
    } catch (error) {
      if (!(error instanceof Failure) || !faults.has(error.code)) throw error
      onFault(started.options.device, error.text)
      if (begun) throw error
    } finally {
      started.running--
      if (started !== this.#current) await this.#closeIdle(started)
    }
    return yield* processor.run(operation, input, signal)
  }

  async close(): Promise<void> {
    await Promise.all([this.#options.processor, ...this.#engines].map((engine) => engine.close()))
  }

  /** The engine on the device that is wanted; null for the processor. One that is no longer wanted ends when idle. */
  async #wanted(): Promise<Started | null> {
    const options = await this.#options.wanted()
    const { device, halves } = this.#current?.options ?? theProcessor
    if (device === options.device && halves === options.halves) return this.#current
    const before = this.#current
    this.#current = options.device === 'cpu' ? null : this.#start(options)
    if (before !== null) await this.#closeIdle(before)
    return this.#current
  }

  #start(options: DeviceOptions): Started {
    const engine = this.#options.engineOn(options)
    this.#engines.add(engine)
    return { options, engine, running: 0 }
  }

  async #closeIdle({ running, engine }: Started): Promise<void> {
    if (running > 0) return
    await engine.close()
    this.#engines.delete(engine)
  }
}
