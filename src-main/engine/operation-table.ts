import type { OperationEvent, OperationInput, OperationName, OperationResult } from './contract.ts'

/**
 * One operation: yields its events, returns its result, throws a `Failure` a person can read.
 *
 * Aborting the signal is a request to end early with what there is; it must not make the operation throw.
 */
export type Operation<K extends OperationName> = (
  input: OperationInput<K>,
  signal: AbortSignal,
) => AsyncGenerator<OperationEvent<K>, OperationResult<K>>

/** What the engine process can do: one operation a name. */
export type OperationTable = { readonly [K in OperationName]: Operation<K> }
