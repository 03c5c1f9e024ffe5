import type { WebSocket } from 'ws'
import type { Channel, ServerMessage } from '../../contract/protocol.ts'

/** Close code of RFC 6455 for data that is not of the kind the server takes. */
const unsupportedData = 1003

/** A browser's socket as a channel: every message is one text frame of JSON. */
export function webSocketChannel(socket: WebSocket): Channel<unknown, ServerMessage> {
  return {
    send(message) {
      // A socket that is closing has nobody at the other end; its `close` event ends the channel.
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
    },
    receive(listener) {
      // A server's socket gives each message as one buffer, unless it is set up otherwise.
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) return socket.close(unsupportedData, 'Messages are text.')
        listener(parse(data.toString()))
      })
    },
    closed(listener) {
      socket.on('close', listener)
    },
  }
}

/** Text that is no JSON is passed on as it is: no message of the protocol is a string, so it is answered as malformed. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
