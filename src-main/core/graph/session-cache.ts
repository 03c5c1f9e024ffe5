import type { Graph } from './graph.ts'
import type { OpenOptions, Runtime, Session } from './runtime.ts'

/** Graphs of one use, each loaded when it is first needed and kept. */
export class SessionCache {
  readonly #runtime: Pick<Runtime, 'open'>
  readonly #sessions = new Map<string, Promise<Session>>()

  constructor(runtime: Pick<Runtime, 'open'>) {
    this.#runtime = runtime
  }

  /** The session `key`, over the graph that `build` makes if it isn't loaded yet. */
  open(
    key: string,
    build: () => Graph,
    options: (graph: Graph) => OpenOptions = () => ({}),
  ): Promise<Session> {
    const known = this.#sessions.get(key)
    if (known !== undefined) return known
    const graph = build()
    const opened = this.#runtime.open(graph, options(graph))
    this.#sessions.set(key, opened)
    // One that failed, for want of memory perhaps, is tried again.
    opened.catch(() => this.#sessions.delete(key))
    return opened
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).close()
    this.#sessions.clear()
  }
}
