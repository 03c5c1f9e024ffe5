import type { EngineReply, EngineRequest } from './messages.ts'

/** The engine process's end of the channel to the process that started it. */
export interface ParentPort {
  send(reply: EngineReply): void
  receive(listener: (request: EngineRequest) => void): void
  /** Called once when the parent is gone. */
  closed(listener: () => void): void
}

/** The part of Electron's `process.parentPort` that is used; declared here so that the engine needs no Electron. */
interface UtilityPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown
}

/**
 * The port of this process, whichever kind of child it is: an Electron utility process or a forked Node process.
 *
 * @throws Error where the process was started by hand and so has no parent to talk to.
 */
export function parentPort(): ParentPort {
  const utility = (process as unknown as { readonly parentPort?: UtilityPort }).parentPort
  if (utility !== undefined) return utilityPort(utility)
  if (process.send !== undefined) return forkedPort()
  throw new Error('The engine is started by Veranda; it has no use on its own.')
}

/** Electron ends a utility process together with the app, so nothing has to watch for the parent's end. */
function utilityPort(port: UtilityPort): ParentPort {
  return {
    send: (reply) => port.postMessage(reply),
    receive: (listener) => void port.on('message', ({ data }) => listener(data as EngineRequest)),
    closed: () => {},
  }
}

function forkedPort(): ParentPort {
  return {
    // A reply to a parent that is gone has no reader; the `disconnect` event says so already.
    send: (reply) => {
      if (process.connected) process.send?.(reply, undefined, undefined, () => {})
    },
    receive: (listener) => void process.on('message', (message) => listener(message as EngineRequest)),
    closed: (listener) => void process.once('disconnect', listener),
  }
}
