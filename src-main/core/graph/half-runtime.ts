import type { Graph } from './graph.ts'
import { halve } from './halve.ts'
import type { Feeds, OpenOptions, Runtime, Session } from './runtime.ts'
import { SessionCache } from './session-cache.ts'

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
  readonly #graph: Graph
  readonly #options: OpenOptions
  readonly #sessions: SessionCache

  constructor(runtime: Runtime, graph: Graph, options: OpenOptions) {
    this.#graph = graph
    this.#options = options
    this.#sessions = new SessionCache(runtime)
  }

  async run(...[feeds, signal]: Parameters<Session['run']>): ReturnType<Session['run']> {
    return await (await this.#for(feeds)).run(feeds, signal)
  }

  close(): Promise<void> {
    return this.#sessions.close()
  }

  #for(feeds: Feeds): Promise<Session> {
    const arriving = new Set(
      this.#graph.inputs.flatMap(({ name }) => (feeds[name]?.dtype === 'float16' ? [name] : [])),
    )
    const { staying = [], exact = false } = this.#options
    return this.#sessions.open(
      [...arriving].join(),
      () => halve(this.#graph, { arriving, staying: new Set(staying), exact }),
      () => this.#options,
    )
  }
}
