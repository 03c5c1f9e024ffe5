/** Whether the engine answers, as far as its last operation showed. */
import { Failure } from '../contract/failure.ts'
import type { Engine } from '../engine/contract.ts'

export interface WatchedEngine {
  readonly engine: Engine
  /** An engine that has failed is started again by the next operation. */
  readonly state: 'ready' | 'failed'
}

export function watchEngine(watched: Engine): WatchedEngine {
  let state: WatchedEngine['state'] = 'ready'
  return {
    get state() {
      return state
    },
    engine: {
      async *run(operation, input, signal) {
        try {
          const result = yield* watched.run(operation, input, signal)
          state = 'ready'
          return result
        } catch (error) {
          if (error instanceof Failure && error.code.startsWith('engine-')) state = 'failed'
          throw error
        }
      },
      close: () => watched.close(),
    },
  }
}
