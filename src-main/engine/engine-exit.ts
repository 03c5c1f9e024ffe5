import { Failure } from '../contract/failure.ts'
import type { OperationName } from './contract.ts'

/** How an engine process ended. */
export interface EngineExit {
  /** null where a signal ended it. */
  readonly code: number | null
  readonly signal: string | null
  /** Why the process could not be started at all. */
  readonly startError?: Error
  /** The end of what it printed: stack traces and messages of native libraries, for the log. */
  readonly output: string
}

/** What each operation was doing, and what a person can do now, to complete a sentence. */
const wording: Readonly<Record<OperationName, { readonly doing: string; readonly remedy: string }>> = {
  importModel: { doing: 'importing the model', remedy: 'Import the model again.' },
  chat: { doing: 'answering', remedy: 'Send the message again.' },
  train: { doing: 'training', remedy: 'Continue the run: it goes on from its last checkpoint.' },
  estimate: {
    doing: 'measuring what the run takes',
    remedy: 'Leave out the longest examples or choose a smaller model, then measure again.',
  },
  evaluate: { doing: 'measuring the loss', remedy: 'Measure again.' },
  maskExamples: { doing: 'reading the examples', remedy: 'Try again.' },
  countTokens: { doing: 'counting tokens', remedy: 'Try again.' },
  exportBundle: { doing: 'writing the bundle', remedy: 'Export it again.' },
  exportAdapter: { doing: 'exporting the assistant', remedy: 'Export it again.' },
  inspectAdapter: { doing: 'reading the assistant', remedy: 'Import it again.' },
  importAdapter: { doing: 'importing the assistant', remedy: 'Import it again.' },
  blendAdapters: { doing: 'blending the assistants', remedy: 'Blend them again.' },
  listDevices: { doing: 'looking for devices', remedy: 'Try again.' },
  probe: { doing: 'testing the device', remedy: 'Update its driver, or use another device.' },
  releaseModel: { doing: 'closing the model', remedy: 'Try again.' },
}

/** The failure of an operation whose engine process ended under it. */
export function crashFailure(operation: OperationName, exit: EngineExit): Failure {
  const { doing, remedy } = wording[operation]
  if (exit.startError !== undefined) {
    return new Failure('engine-not-started', `The engine could not be started: ${exit.startError.message}.`, {
      cause: exit.startError,
    })
  }
  const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`
  const why = exit.signal === 'SIGKILL' ? ' The system may have run out of memory.' : ''
  return new Failure(
    'engine-crashed',
    `The engine stopped unexpectedly (${how}) while ${doing}.${why} ${remedy}`,
    { cause: new Error(exit.output === '' ? 'The engine printed nothing before it ended.' : exit.output) },
  )
}
