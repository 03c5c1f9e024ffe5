/** Connects the page with whichever host serves it: a desktop window or a browser tab. */
import { ChannelClient, type Client } from './client.ts'
import { Connection } from './connection.svelte.ts'
import { awaitMessagePort } from './message-port.ts'
import { keepWebSocket } from './web-socket.ts'

export function connect(): { readonly client: Client; readonly connection: Connection } {
  const client = new ChannelClient()
  const connection = new Connection()

  if (navigator.userAgent.includes('Electron')) {
    awaitMessagePort((channel) => {
      client.attach(channel)
      channel.closed(() => connection.lost())
      connection.opened()
    })
  } else {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    keepWebSocket(`${scheme}://${location.host}/channel`, {
      opened: (channel) => {
        client.attach(channel)
        connection.opened()
      },
      lost: () => connection.lost(),
    })
  }
  return { client, connection }
}
