import type { Runtime } from '../core/graph/runtime.ts'

/**
 * Lets a chat go before a training: while something runs in the foreground, graphs of the background wait.
 * A training graph is one layer, so a chat waits for some tens of milliseconds at most.
 */
export class Foreground {
  #running = 0
  #waiting: (() => void)[] = []

  /** Call the returned function when the foreground work is over. */
  enter(): () => void {
    this.#running++
    return () => {
      this.#running--
      if (this.#running > 0) return
      for (const go of this.#waiting.splice(0)) go()
    }
  }

  get isBusy(): boolean {
    return this.#running > 0
  }

  /** Waits until nothing runs in the foreground. */
  async idle(): Promise<void> {
    while (this.isBusy) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** The same runtime for background work. */
  behind(runtime: Runtime): Runtime {
    return {
      ...runtime,
      open: async (graph, options) => {
        const session = await runtime.open(graph, options)
        return {
          run: async (feeds, signal) => {
            await this.idle()
            return session.run(feeds, signal)
          },
          close: () => session.close(),
        }
      },
    }
  }
}
