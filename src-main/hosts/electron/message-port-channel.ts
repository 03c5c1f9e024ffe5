import type { MessagePortMain } from 'electron'
import type { Channel, ServerMessage } from '../../contract/protocol.ts'

/** The host's end of a message port as a channel; messages are cloned, not written as JSON. */
export function messagePortChannel(port: MessagePortMain): Channel<unknown, ServerMessage> {
  return {
    send: (message) => port.postMessage(message),
    receive(listener) {
      port.on('message', ({ data }) => listener(data))
      port.start()
    },
    closed: (listener) => void port.once('close', listener),
  }
}
