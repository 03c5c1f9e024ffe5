/** Keeps count of the streams a host reads, so that closing the app ends them in good order. */
import type { Handler, Handlers, ProcedureName } from '../contract/procedures.ts'

export interface OngoingWork {
  /** The handlers, each call of which is ended by `end`. */
  track(handlers: Handlers): Handlers
  /** Aborts every call and settles when all have ended, whether or not their reader still reads. */
  end(): Promise<void>
}

export function ongoingWork(): OngoingWork {
  const closing = new AbortController()
  const streams = new Set<AsyncDisposable>()

  function tracked<K extends ProcedureName>(handler: Handler<K>): Handler<K> {
    return async function* run(input, signal) {
      const stream = handler(input, AbortSignal.any([signal, closing.signal]))
      streams.add(stream)
      try {
        return yield* stream
      } finally {
        streams.delete(stream)
      }
    }
  }

  return {
    track(handlers) {
      const names = Object.keys(handlers) as ProcedureName[]
      const entries = names.map((name) => [name, tracked(handlers[name])] as const)
      return Object.fromEntries(entries) as Handlers
    },
    async end() {
      closing.abort()
      await Promise.allSettled([...streams].map((stream) => stream[Symbol.asyncDispose]()))
    },
  }
}
