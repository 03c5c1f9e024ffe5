/** `app://veranda/`: the built screens under a scheme of their own, so that no page has the rights of a file. */
import { protocol, type Session } from 'electron'
import { pageHeaders, readRendererFile } from '../renderer-files.ts'

export const appOrigin = 'app://veranda'
export const appAddress = `${appOrigin}/`

/** Whether an address is the page's: its screens are fragments of one address. */
export function isAppPage(address: string): boolean {
  return address === appAddress || address.startsWith(`${appAddress}#`)
}

/** The page talks over its port only: it may connect nowhere. */
const headers = pageHeaders([])

/** To be called before the app is ready. */
export function declareAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    // `standard` gives it an origin, `secure` what only secure pages may use (the clipboard).
    { scheme: 'app', privileges: { standard: true, secure: true } },
  ])
}

export function serveAppScheme(session: Session, rendererDirectory: string): void {
  session.protocol.handle('app', (request) => answer(request, rendererDirectory))
}

async function answer(request: Request, rendererDirectory: string): Promise<Response> {
  const { host, pathname } = new URL(request.url)
  const file =
    host === 'veranda' && request.method === 'GET'
      ? await readRendererFile(rendererDirectory, pathname)
      : null
  if (file === null) return new Response('Veranda has no page at this address.', { status: 404, headers })
  return new Response(file.bytes, { headers: { ...headers, 'Content-Type': file.contentType } })
}
