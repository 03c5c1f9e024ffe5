/** Calls procedures over a channel: every call is a stream of events, then one result or one failure. */
import { Failure, fromFailureMessage } from '../../src-main/contract/failure.ts'
import type {
  ProcedureEvent,
  ProcedureInput,
  ProcedureName,
  ProcedureResult,
} from '../../src-main/contract/procedures.ts'
import type { Channel, ClientMessage, ServerMessage } from '../../src-main/contract/protocol.ts'
import { t } from '../texts/texts.ts'

export interface CallOptions<K extends ProcedureName> {
  /** Aborting asks the host to stop; the call still ends with what the host answers. */
  readonly signal?: AbortSignal
  readonly onEvent?: (event: ProcedureEvent<K>) => void
}

export interface Client {
  /** Rejects with a `Failure` whose message can be shown; waits while the channel is being opened. */
  call<K extends ProcedureName>(
    procedure: K,
    input: ProcedureInput<K>,
    options?: CallOptions<K>,
  ): Promise<ProcedureResult<K>>
}

interface PendingCall {
  readonly event: (event: unknown) => void
  readonly resolve: (result: unknown) => void
  readonly reject: (failure: Failure) => void
}

/**
 * A client over channels that may come and go.
 *
 * `attach` gives it an open channel; calls made before that wait for it. When a channel closes, the calls
 * under way on it fail with `connection-lost`, because nobody can know how far the host got with them.
 */
export class ChannelClient implements Client {
  #channel: Channel<ServerMessage, ClientMessage> | null = null
  #nextId = 1
  readonly #pending = new Map<number, PendingCall>()
  readonly #waiting = new Map<number, ClientMessage>()

  attach(channel: Channel<ServerMessage, ClientMessage>): void {
    this.#channel = channel
    channel.receive((message) => this.#receive(message))
    channel.closed(() => this.#lose(channel))
    for (const message of this.#waiting.values()) channel.send(message)
    this.#waiting.clear()
  }

  call<K extends ProcedureName>(
    procedure: K,
    input: ProcedureInput<K>,
    options: CallOptions<K> = {},
  ): Promise<ProcedureResult<K>> {
    const { signal, onEvent } = options
    const id = this.#nextId++
    const { promise, resolve, reject } = Promise.withResolvers<ProcedureResult<K>>()
    // Events and results are the procedure's own by the contract: the host answers with the same table.
    this.#pending.set(id, {
      event: (event) => onEvent?.(event as ProcedureEvent<K>),
      resolve: (result) => resolve(result as ProcedureResult<K>),
      reject,
    })
    const message: ClientMessage = { kind: 'call', id, procedure, input }
    if (this.#channel) this.#channel.send(message)
    else this.#waiting.set(id, message)

    const cancel = (): void => this.#cancel(id)
    if (signal?.aborted) cancel()
    else signal?.addEventListener('abort', cancel, { once: true })
    return promise.finally(() => signal?.removeEventListener('abort', cancel))
  }

  #cancel(id: number): void {
    if (this.#waiting.delete(id))
      this.#settle(id)?.reject(new Failure('cancelled', t.shell.connection.stopped))
    else if (this.#pending.has(id)) this.#channel?.send({ kind: 'cancel', id })
  }

  #receive(message: ServerMessage): void {
    switch (message.kind) {
      case 'event':
        this.#pending.get(message.id)?.event(message.event)
        break
      case 'result':
        this.#settle(message.id)?.resolve(message.result)
        break
      case 'failure':
        this.#settle(message.id)?.reject(fromFailureMessage(message.failure))
        break
    }
  }

  #settle(id: number): PendingCall | undefined {
    const call = this.#pending.get(id)
    this.#pending.delete(id)
    return call
  }

  #lose(channel: Channel<ServerMessage, ClientMessage>): void {
    if (this.#channel !== channel) return
    this.#channel = null
    const lost = [...this.#pending.keys()].filter((id) => !this.#waiting.has(id))
    for (const id of lost) {
      this.#settle(id)?.reject(new Failure('connection-lost', t.shell.connection.lostBefore))
    }
  }
}
