import type { Runtime } from '../core/graph/runtime.ts'
import { peakMemoryBytes } from './peak-memory.ts'

/** The largest resident size of this process since the last look. */
export class MemoryWatch {
  #highest = 0
  #peakBefore = peakMemoryBytes()

  /** The same runtime; the memory is looked at after each run of a graph. */
  over(runtime: Runtime): Runtime {
    return {
      ...runtime,
      open: async (graph, options) => {
        const session = await runtime.open(graph, options)
        return {
          run: async (feeds) => {
            const results = await session.run(feeds)
            this.#highest = Math.max(this.#highest, process.memoryUsage.rss())
            return results
          },
          close: () => session.close(),
        }
      },
    }
  }

  /** In bytes: to the last where it was a new peak of the process, else as seen after each run. */
  take(): number {
    const peak = peakMemoryBytes()
    const highest = peak > this.#peakBefore ? peak : Math.max(this.#highest, process.memoryUsage.rss())
    this.#peakBefore = peak
    this.#highest = 0
    return highest
  }
}
