/** A channel over the MessagePort that the window's preload passes to the page. */
import type { Channel, ClientMessage, ServerMessage } from '../../src-main/contract/protocol.ts'

/** What the preload posts to the page together with the port. */
const greeting = 'veranda-channel'

/** Calls `opened` for every port the preload sends: one at the start, another after the host came back. */
export function awaitMessagePort(opened: (channel: Channel<ServerMessage, ClientMessage>) => void): void {
  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const port = event.ports[0]
    if (event.source !== window || event.data !== greeting || !port) return
    opened(portChannel(port))
  })
}

function portChannel(port: MessagePort): Channel<ServerMessage, ClientMessage> {
  return {
    // As JSON would carry it: the inputs may hold reactive proxies, which a port can't clone.
    send: (message) => port.postMessage(JSON.parse(JSON.stringify(message))),
    receive: (receiver) => {
      port.addEventListener('message', (event: MessageEvent<ServerMessage>) => receiver(event.data))
      port.start()
    },
    closed: (receiver) => port.addEventListener('close', receiver, { once: true }),
  }
}
