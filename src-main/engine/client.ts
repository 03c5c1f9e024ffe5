import { Failure, fromFailureMessage } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import type { Engine, OperationEvent, OperationInput, OperationName, OperationResult } from './contract.ts'
import type { EngineReply, EngineRequest } from './messages.ts'
import { crashFailure, type EngineExit } from './engine-exit.ts'

/** A started engine process, of whatever kind (a forked Node process, an Electron utility process). */
export interface EngineProcess {
  send(request: EngineRequest): void
  /** Sets the one receiver. */
  receive(listener: (reply: EngineReply) => void): void
  /** Called once, after the last reply, when the process has ended or could not be started. */
  exited(listener: (exit: EngineExit) => void): void
  /** Ends the process at once. */
  kill(): void
}

/**
 * The engine over a process that is started by the first call and, after a crash, by the next one.
 *
 * Errors of `run`: the operation's own `Failure`; `engine-crashed`; `engine-not-started`; `engine-closed`.
 *
 * @param closingLimitMs how long a closing engine may take (it writes a training's checkpoint) until it is killed
 */
export function connectEngine(start: () => EngineProcess, closingLimitMs = 12_000): Engine {
  return new EngineClient(start, closingLimitMs)
}

class EngineClient implements Engine {
  readonly #start: () => EngineProcess
  readonly #closingLimitMs: number
  readonly #calls = new Map<number, Call>()
  #connection: Connection | undefined
  #lastId = 0
  #closed = false

  constructor(start: () => EngineProcess, closingLimitMs: number) {
    this.#start = start
    this.#closingLimitMs = closingLimitMs
  }

  async *run<K extends OperationName>(
    operation: K,
    input: OperationInput<K>,
    signal?: AbortSignal,
  ): AsyncGenerator<OperationEvent<K>, OperationResult<K>> {
    const { process } = this.#connect(operation)
    const id = ++this.#lastId
    const call = new Call(operation)
    const cancel = (): void => process.send({ kind: 'cancel', id })

    this.#calls.set(id, call)
    process.send({ kind: 'run', id, operation, input })
    if (signal?.aborted === true) cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      for (;;) {
        const reply = await call.next()
        switch (reply.kind) {
          case 'event':
            yield reply.event as OperationEvent<K>
            break
          case 'result':
            return reply.result as OperationResult<K>
          case 'failure':
            throw fromFailureMessage(reply.failure)
        }
      }
    } finally {
      signal?.removeEventListener('abort', cancel)
      this.#calls.delete(id)
      // A reader that leaves early has lost interest: without this the engine would work on for nobody.
      if (!call.ended) cancel()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const connection = this.#connection
    if (connection === undefined) return
    connection.process.send({ kind: 'close' })
    const kill = setTimeout(() => connection.process.kill(), this.#closingLimitMs)
    await connection.ended
    clearTimeout(kill)
  }

  #connect(operation: OperationName): Connection {
    if (this.#closed) throw closedFailure(operation)
    return (this.#connection ??= this.#open())
  }

  #open(): Connection {
    const process = this.#start()
    process.receive((reply) => this.#calls.get(reply.id)?.push(reply))
    const ended = new Promise<void>((resolve) => {
      process.exited((exit) => {
        this.#connection = undefined
        for (const call of this.#calls.values()) {
          call.fail(this.#closed ? closedFailure(call.operation) : crashFailure(call.operation, exit))
        }
        resolve()
      })
    })
    return { process, ended }
  }
}

interface Connection {
  readonly process: EngineProcess
  /** Settles when the process has ended. */
  readonly ended: Promise<void>
}

function closedFailure(operation: OperationName): Failure {
  return new Failure('engine-closed', sentence`Veranda is closing; “${operation}” was not finished.`)
}

/** The replies to one running operation, in order, for its one reader. */
class Call {
  readonly operation: OperationName
  /** Whether the engine is done with it. */
  ended = false
  readonly #replies: EngineReply[] = []
  #failure: Failure | undefined
  #wake: (() => void) | undefined

  constructor(operation: OperationName) {
    this.operation = operation
  }

  push(reply: EngineReply): void {
    if (reply.kind !== 'event') this.ended = true
    this.#replies.push(reply)
    this.#wake?.()
  }

  /** The process is gone: what it sent before is still read, then the failure. */
  fail(failure: Failure): void {
    if (this.ended) return
    this.ended = true
    this.#failure = failure
    this.#wake?.()
  }

  async next(): Promise<EngineReply> {
    for (;;) {
      const reply = this.#replies.shift()
      if (reply !== undefined) return reply
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
