import type { Graph } from './graph.ts'
import { halve } from './halve.ts'
import type { Feeds, OpenOptions, Runtime, Session } from './runtime.ts'

/**
 * A runtime whose graphs compute in 16 bits what can be: see `halve`. Nobody else knows of it: what crosses to the
 * device is float32 as before, and of what stays there each graph takes the type that it finds.
 */
export function halfRuntime(runtime: Runtime): Runtime {
  return {
    ...runtime,
    halves: true,
    open: async (graph, options = {}) => new HalfSession(runtime, graph, options),
  }
}

/** A graph is loaded when it is first run: then its inputs show which of them are in 16 bits. */
class HalfSession implements Session {
  readonly #runtime: Runtime
  readonly #graph: Graph
  readonly #options: OpenOptions
  readonly #sessions = new Map<string, Promise<Session>>()

  constructor(runtime: Runtime, graph: Graph, options: OpenOptions) {
    this.#runtime = runtime
    this.#graph = graph
    this.#options = options
  }

  async run(...[feeds, signal]: Parameters<Session['run']>): ReturnType<Session['run']> {
    return await (await this.#for(feeds)).run(feeds, signal)
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).close()
    this.#sessions.clear()
  }

  #for(feeds: Feeds): Promise<Session> {
    const arriving = new Set(
      this.#graph.inputs.flatMap(({ name }) => (feeds[name]?.dtype === 'float16' ? [name] : [])),
    )
    const key = [...arriving].join()
    const known = this.#sessions.get(key)
    if (known !== undefined) return known
    const { staying = [], exact = false } = this.#options
    const halved = halve(this.#graph, { arriving, staying: new Set(staying), exact })
    const opened = this.#runtime.open(halved, this.#options)
    this.#sessions.set(key, opened)
    return opened
  }
}
