/** What a page may not do, whatever got into it. See Electron's security checklist. */
import { app, shell, type Session, type WebContents } from 'electron'
import { appAddress, appOrigin, isAppPage } from './app-scheme.ts'

/** Everything a page could ask the system for is refused, but for writing to the clipboard: the copy buttons do. */
const allowedPermissions: ReadonlySet<string> = new Set(['clipboard-sanitized-write'])

/** What the system may be asked to open; others can start programs. */
const externalProtocols: ReadonlySet<string> = new Set(['https:', 'mailto:'])

/** What a person does on purpose, of all that Chromium calls input. */
const gestures: ReadonlySet<string> = new Set(['mouseDown', 'mouseUp', 'rawKeyDown', 'keyDown', 'gestureTap'])
/** How soon after it a page may open a link, in milliseconds. */
const gestureCountsMs = 1_000

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
    guardLinks(contents)
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.on('will-frame-navigate', (event) => {
      // Reloading itself is all a page may do.
      if (!event.isMainFrame || !isAppPage(event.url)) event.preventDefault()
    })
    contents.on('will-redirect', (event) => event.preventDefault())
  })
}

/** A link in an answer that a person clicks opens where they read the web; no window of ours ever does. */
function guardLinks(contents: WebContents): void {
  let gestureAt = -Infinity
  contents.on('input-event', (_event, { type }) => {
    if (gestures.has(type)) gestureAt = performance.now()
  })
  contents.setWindowOpenHandler(({ url }) => {
    const isAsked = performance.now() - gestureAt < gestureCountsMs
    if (isAsked && externalProtocols.has(URL.parse(url)?.protocol ?? '')) {
      // One gesture opens one link.
      gestureAt = -Infinity
      void shell.openExternal(url)
    }
    return { action: 'deny' }
  })
}
