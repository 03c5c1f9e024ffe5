/** A channel over a WebSocket of the page's own host, opened again whenever it closes. */
import type { Channel, ClientMessage, ServerMessage } from '../../src-main/contract/protocol.ts'

const firstRetryMs = 500
const longestRetryMs = 5_000

interface Listener {
  opened(channel: Channel<ServerMessage, ClientMessage>): void
  lost(): void
}

/** Opens `address` and keeps it open: after a failure it waits 0.5 s, then twice as long, at most 5 s. */
export function keepWebSocket(address: string, listener: Listener): void {
  let retryMs = firstRetryMs

  const open = (): void => {
    const socket = new WebSocket(address)
    socket.addEventListener('open', () => {
      retryMs = firstRetryMs
      listener.opened(socketChannel(socket))
    })
    socket.addEventListener('close', () => {
      listener.lost()
      setTimeout(open, retryMs)
      retryMs = Math.min(retryMs * 2, longestRetryMs)
    })
  }
  open()
}

function socketChannel(socket: WebSocket): Channel<ServerMessage, ClientMessage> {
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
    },
    receive: (receiver) =>
      socket.addEventListener('message', (event) =>
        receiver(JSON.parse(String(event.data)) as ServerMessage),
      ),
    closed: (receiver) => socket.addEventListener('close', receiver, { once: true }),
  }
}
