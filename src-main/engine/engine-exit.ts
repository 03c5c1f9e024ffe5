import { Failure } from '../contract/failure.ts'
import { sentence, type Sentence } from '../contract/sentence.ts'
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

/** What each operation was doing, and what a person can do now: the end of a sentence. */
const wording: Readonly<Record<OperationName, Sentence>> = {
  importModel: sentence`while importing the model. Import the model again.`,
  chat: sentence`while answering. Send the message again.`,
  train: sentence`while training. Continue the run: it goes on from its last checkpoint.`,
  estimate: sentence`while measuring what the run takes. Leave out the longest examples or choose a smaller model, then measure again.`,
  evaluate: sentence`while measuring the loss. Measure again.`,
  maskExamples: sentence`while reading the examples. Try again.`,
  countTokens: sentence`while counting tokens. Try again.`,
  exportBundle: sentence`while writing the bundle. Export it again.`,
  exportAdapter: sentence`while exporting the assistant. Export it again.`,
  inspectAdapter: sentence`while reading the assistant. Import it again.`,
  importAdapter: sentence`while importing the assistant. Import it again.`,
  blendAdapters: sentence`while blending the assistants. Blend them again.`,
  listDevices: sentence`while looking for devices. Try again.`,
  probe: sentence`while testing the device. Update its driver, or use another device.`,
  releaseModel: sentence`while closing the model. Try again.`,
}

/** The failure of an operation whose engine process ended under it. */
export function crashFailure(operation: OperationName, exit: EngineExit): Failure {
  if (exit.startError !== undefined) {
    return new Failure(
      'engine-not-started',
      sentence`The engine could not be started: ${exit.startError.message}.`,
      {
        cause: exit.startError,
      },
    )
  }
  return new Failure(
    'engine-crashed',
    sentence`The engine stopped unexpectedly (${howItEnded(exit)}) ${wording[operation]}`,
    { cause: new Error(exit.output === '' ? 'The engine printed nothing before it ended.' : exit.output) },
  )
}

function howItEnded({ code, signal }: EngineExit): Sentence {
  if (signal === 'SIGKILL') return sentence`signal SIGKILL; the system may have run out of memory`
  return signal === null ? sentence`exit code ${code ?? 0}` : sentence`signal ${signal}`
}
