import { Failure, toFailureMessage } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import type { OperationInput, OperationName } from './contract.ts'
import type { EngineReply, EngineRequest } from './messages.ts'
import type { OperationTable } from './operation-table.ts'
import type { ParentPort } from './parent-port.ts'

/** How long operations may take to end once the engine is to close, before it closes without them. */
const closingLimitMs = 10_000

/**
 * Answers the parent's requests until the parent closes the engine or is gone; then every operation is
 * cancelled, given the time to end (a training writes its checkpoint), and `exit` is called.
 */
export function runMessageLoop(operations: OperationTable, port: ParentPort, exit: () => void): void {
  const running = new Map<number, { readonly controller: AbortController; readonly ended: Promise<void> }>()
  let closing = false

  function start<K extends OperationName>(id: number, operation: K, input: unknown): void {
    const controller = new AbortController()
    const ended = perform(operations, id, operation, input, controller.signal, port.send).finally(() =>
      running.delete(id),
    )
    running.set(id, { controller, ended })
  }

  async function close(): Promise<void> {
    if (closing) return
    closing = true
    setTimeout(exit, closingLimitMs).unref()
    for (const { controller } of running.values()) controller.abort()
    await Promise.all([...running.values()].map(({ ended }) => ended))
    exit()
  }

  function handle(request: EngineRequest): void {
    switch (request.kind) {
      case 'run':
        // The parent sends nothing after `close`; a request that crossed it gets no reply but the exit.
        if (!closing) start(request.id, request.operation, request.input)
        return
      case 'cancel':
        running.get(request.id)?.controller.abort()
        return
      case 'close':
        void close()
    }
  }

  port.receive(handle)
  port.closed(() => void close())
}

/** Runs one operation and sends what comes of it; never throws. */
async function perform<K extends OperationName>(
  operations: OperationTable,
  id: number,
  operation: K,
  input: unknown,
  signal: AbortSignal,
  send: (reply: EngineReply) => void,
): Promise<void> {
  try {
    if (!Object.hasOwn(operations, operation)) {
      throw new Failure('unknown-operation', sentence`The engine has no operation “${operation}”.`)
    }
    const stream = operations[operation](input as OperationInput<K>, signal)
    for (;;) {
      const { done, value } = await stream.next()
      if (done === true) return send({ kind: 'result', id, result: value })
      send({ kind: 'event', id, event: value })
      // Computing blocks this thread: without a turn of the event loop here, a cancel would only be
      // read when the operation is over.
      await eventLoopTurn()
    }
  } catch (error) {
    send({ kind: 'failure', id, failure: toFailureMessage(error) })
  }
}

function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
