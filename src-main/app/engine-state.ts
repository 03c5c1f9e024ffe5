/** Whether the engine answers, as far as its last operation showed, and which models it is at work with. */
import { Failure } from '../contract/failure.ts'
import type { Engine } from '../engine/contract.ts'

export interface WatchedEngine {
  readonly engine: Engine
  /** An engine that has failed is started again by the next operation. */
  readonly state: 'ready' | 'failed'
  /** Whether an operation over the model of this folder is going on. */
  isAtWorkWith(modelDirectory: string): boolean
}

export function watchEngine(watched: Engine): WatchedEngine {
  let state: WatchedEngine['state'] = 'ready'
  /** One entry an operation. */
  const directories: string[] = []
  return {
    isAtWorkWith: (modelDirectory) => directories.includes(modelDirectory),
    get state() {
      return state
    },
    engine: {
      async *run(operation, input, signal) {
        const directory = input !== null && 'modelDirectory' in input ? input.modelDirectory : null
        if (directory !== null) directories.push(directory)
        try {
          const result = yield* watched.run(operation, input, signal)
          state = 'ready'
          return result
        } catch (error) {
          if (error instanceof Failure && error.code.startsWith('engine-')) state = 'failed'
          throw error
        } finally {
          if (directory !== null) directories.splice(directories.indexOf(directory), 1)
        }
      },
      close: () => watched.close(),
    },
  }
}
