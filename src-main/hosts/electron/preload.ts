/** Passes the page one end of its channel to the app, and nothing else: no function of Electron reaches the page. */
import { ipcRenderer } from 'electron'
import { channelName } from './channel-name.ts'

/** The part of the page's `window` that is used; this layer is compiled without the DOM's types. */
interface Page {
  readonly location: { readonly origin: string }
  postMessage(message: string, targetOrigin: string, ports: readonly object[]): void
}

const page = globalThis as unknown as Page

ipcRenderer.on(channelName, (event) => {
  page.postMessage(channelName, page.location.origin, event.ports)
})
