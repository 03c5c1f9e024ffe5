/** What a page may not do, whatever got into it. See Electron's security checklist. */
import { app, shell, type Session } from 'electron'
import { appAddress, appOrigin } from './app-scheme.ts'

/** Everything a page could ask the system for is refused, but for writing to the clipboard: the copy buttons do. */
const allowedPermissions: ReadonlySet<string> = new Set(['clipboard-sanitized-write'])

/** What the system may be asked to open; others can start programs. */
const externalProtocols: ReadonlySet<string> = new Set(['https:', 'mailto:'])

export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(allowedPermissions.has(permission)),
  )
  session.setPermissionCheckHandler((_contents, permission, origin) => {
    return allowedPermissions.has(permission) && (origin === appOrigin || origin === appAddress)
  })
  session.setDevicePermissionHandler(() => false)
  // The page has no business on the network: what is downloaded, the app downloads. A blob is the page's own
  // text, which it hands out as a file.
  const allowed = [appAddress, `blob:${appAddress}`, 'devtools://']
  session.webRequest.onBeforeRequest(({ url }, answer) =>
    answer({ cancel: !allowed.some((beginning) => url.startsWith(beginning)) }),
  )
}

export function guardContents(): void {
  app.on('web-contents-created', (_event, contents) => {
    // A link in an answer that a person clicks opens where they read the web; no window of ours ever does.
    contents.setWindowOpenHandler(({ url }) => {
      if (externalProtocols.has(new URL(url).protocol)) void shell.openExternal(url)
      return { action: 'deny' }
    })
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.on('will-frame-navigate', (event) => {
      // Reloading itself is all a page may do.
      if (!event.isMainFrame || event.url !== appAddress) event.preventDefault()
    })
    contents.on('will-redirect', (event) => event.preventDefault())
  })
}
