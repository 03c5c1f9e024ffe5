/** Files that a person opened with the app, kept until a page takes them. */
export interface OpenedFiles {
  open(path: string): void
  /** Every file that no one has taken, then each that comes; until the signal ends it. */
  watch(signal: AbortSignal): AsyncGenerator<{ readonly path: string }, null>
}

export function openedFiles(): OpenedFiles {
  const waiting: string[] = []
  const watchers = new Set<() => void>()
  return {
    open(path) {
      waiting.push(path)
      for (const wake of watchers) wake()
    },
    async *watch(signal) {
      while (!signal.aborted) {
        const path = waiting.shift()
        if (path !== undefined) {
          yield { path }
          continue
        }
        const { promise, resolve } = Promise.withResolvers<null>()
        const wake = (): void => resolve(null)
        watchers.add(wake)
        signal.addEventListener('abort', wake, { once: true })
        await promise
        signal.removeEventListener('abort', wake)
        watchers.delete(wake)
      }
      return null
    },
  }
}
