import { z } from 'zod'
import { Failure, toFailureMessage } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import { procedures, type Handlers, type ProcedureInput, type ProcedureName } from '../contract/procedures.ts'
import { clientMessage, type Channel, type ClientMessage, type ServerMessage } from '../contract/protocol.ts'

/** What one channel may ask for at most; a screen stays far below, a page gone wild is told to slow down. */
export interface ServeLimits {
  readonly callsAtOnce: number
  /** Calls that may come at once after a quiet time. */
  readonly burst: number
  readonly callsPerSecond: number
}

const screenLimits: ServeLimits = { callsAtOnce: 64, burst: 300, callsPerSecond: 60 }

export interface ServeOptions {
  readonly limits?: ServeLimits
  /** Told of every error behind a failure, for the host's log: the person sees the failure's message only. */
  readonly report?: (error: unknown) => void
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number
}

/** The id of failures that belong to no call: the message could not be read far enough to know its call. */
export const noCall = -1

/**
 * Answers everything that comes over a channel with the app's handlers, until the channel closes.
 *
 * Messages are not trusted: what does not follow the contract gets a failure, never an exception.
 * A cancelled call still gets its result (a stopped answer is an answer); a closed channel cancels all of its calls.
 */
export function serve(
  handlers: Handlers,
  channel: Channel<unknown, ServerMessage>,
  options: ServeOptions = {},
): void {
  const limits = options.limits ?? screenLimits
  const takeCall = rateLimit(limits, options.now ?? (() => performance.now()))
  const running = new Map<number, AbortController>()
  let open = true

  function send(message: ServerMessage): void {
    if (open) channel.send(message)
  }

  function fail(id: number, error: unknown): void {
    if (!(error instanceof Failure)) options.report?.(error)
    else if (error.cause !== undefined) options.report?.(error.cause)
    send({ kind: 'failure', id, failure: toFailureMessage(error) })
  }

  async function answer(
    id: number,
    name: ProcedureName,
    input: unknown,
    controller: AbortController,
  ): Promise<void> {
    try {
      const stream = call(handlers, name, input, controller.signal)
      for (;;) {
        const step = await stream.next()
        if (step.done === true) return send({ kind: 'result', id, result: step.value })
        send({ kind: 'event', id, event: step.value })
      }
    } catch (error) {
      fail(id, error)
    } finally {
      running.delete(id)
    }
  }

  function handle(message: ClientMessage): void {
    if (message.kind === 'cancel') {
      running.get(message.id)?.abort()
      return
    }
    const { id, procedure, input } = message
    if (running.has(id))
      return fail(id, new Failure('duplicate-call', sentence`Call ${id} is still running.`))
    if (running.size >= limits.callsAtOnce || !takeCall()) {
      return fail(
        id,
        new Failure('too-many-calls', 'Too much was asked at once. Wait a moment, then try again.'),
      )
    }
    if (!isProcedure(procedure)) {
      return fail(id, new Failure('unknown-procedure', sentence`There is no procedure “${procedure}”.`))
    }
    const controller = new AbortController()
    running.set(id, controller)
    void answer(id, procedure, input, controller)
  }

  channel.receive((received) => {
    const message = clientMessage.safeParse(received)
    if (message.success) handle(message.data)
    else fail(idOf(received), malformed(message.error))
  })
  channel.closed(() => {
    open = false
    for (const controller of running.values()) controller.abort()
  })
}

function isProcedure(name: string): name is ProcedureName {
  return Object.hasOwn(procedures, name)
}

function call<K extends ProcedureName>(
  handlers: Handlers,
  name: K,
  input: unknown,
  signal: AbortSignal,
): ReturnType<Handlers[K]> {
  const parsed = procedures[name].input.safeParse(input)
  if (!parsed.success) {
    throw new Failure(
      'bad-input',
      sentence`“${name}” can't be done with this input.\n${z.prettifyError(parsed.error)}`,
    )
  }
  const handler = handlers[name]
  return handler(parsed.data as ProcedureInput<K>, signal) as ReturnType<Handlers[K]>
}

function malformed(error: z.ZodError): Failure {
  return new Failure(
    'malformed-message',
    sentence`The message does not follow the protocol.\n${z.prettifyError(error)}`,
  )
}

function idOf(received: unknown): number {
  const parsed = z.object({ id: z.number().int() }).safeParse(received)
  return parsed.success ? parsed.data.id : noCall
}

/** A token bucket: each call takes a token, tokens come back with time. */
function rateLimit({ burst, callsPerSecond }: ServeLimits, now: () => number): () => boolean {
  let tokens = burst
  let countedAt = now()
  return () => {
    const time = now()
    tokens = Math.min(burst, tokens + ((time - countedAt) / 1000) * callsPerSecond)
    countedAt = time
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}
