import { BrowserWindow, MessageChannelMain, nativeTheme, screen, type WebContents } from 'electron'
import type { Handlers } from '../../contract/procedures.ts'
import { serve } from '../serve.ts'
import { appAddress, isAppPage } from './app-scheme.ts'
import { channelName } from './channel-name.ts'
import { messagePortChannel } from './message-port-channel.ts'
import { fitToDisplays, readWindowState, writeWindowState } from './window-state.ts'

/** The narrowest the screens are made for. */
const smallest = { minWidth: 900, minHeight: 600 }
/** The tint of the page, so that the window does not flash before the page is there. */
const background = { light: '#faf9f6', dark: '#1b1c1a' }

export interface WindowOptions {
  readonly handlers: Handlers
  /** The preload's bundle. */
  readonly preload: string
  /** Where the window's place is kept. */
  readonly stateFile: string
  readonly report: (error: unknown) => void
}

export function openWindow({ handlers, preload, stateFile, report }: WindowOptions): void {
  const state = fitToDisplays(
    readWindowState(stateFile, report),
    screen.getAllDisplays().map(({ workArea }) => workArea),
  )
  const window = new BrowserWindow({
    ...state.size,
    ...state.position,
    ...smallest,
    show: false,
    title: 'Veranda',
    backgroundColor: nativeTheme.shouldUseDarkColors ? background.dark : background.light,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      // Its dictionaries would be downloaded, and nothing is downloaded unasked.
      spellcheck: false,
    },
  })
  if (state.maximized) window.maximize()

  window.once('ready-to-show', () => window.show())
  window.on('close', () => {
    const { x, y, width, height } = window.getNormalBounds()
    const place = { position: { x, y }, size: { width, height }, maximized: window.isMaximized() }
    writeWindowState(stateFile, place, report)
  })
  const contents = window.webContents
  // Again after every reload: the old page's port closes with it.
  contents.on('did-finish-load', () => connectPage(contents, handlers, report))
  contents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit') return
    report(
      new Error(`The page's process ended (${reason}, exit code ${exitCode}); the page is loaded again.`),
    )
    contents.reload()
  })
  window.loadURL(appAddress).catch(report)
}

/** Shows the window that is there, for a second start of the app. */
export function focusWindow(): void {
  const [window] = BrowserWindow.getAllWindows()
  if (window?.isMinimized() === true) window.restore()
  window?.focus()
}

function connectPage(contents: WebContents, handlers: Handlers, report: (error: unknown) => void): void {
  // No page but the app's own ever gets a channel.
  if (!isAppPage(contents.getURL())) return
  const { port1, port2 } = new MessageChannelMain()
  serve(handlers, messagePortChannel(port1), { report })
  contents.postMessage(channelName, null, [port2])
}
