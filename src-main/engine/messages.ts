/** What crosses the border of the engine process. */
import type { FailureMessage } from '../contract/failure.ts'
import type { OperationName } from './contract.ts'

/** App → engine. */
export type EngineRequest =
  | { readonly kind: 'run'; readonly id: number; readonly operation: OperationName; readonly input: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  /** Cancels everything, lets it end (a training writes its checkpoint), then exits. */
  | { readonly kind: 'close' }

/** Engine → app. */
export type EngineReply =
  | { readonly kind: 'event'; readonly id: number; readonly event: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: FailureMessage }
