/** Who may talk to the browser host: whoever opened the printed address, from the host's own page, and nobody else. */
import type { IncomingMessage } from 'node:http'
import { hasHost } from '../loopback.ts'
import { newSecret, sameSecret } from '../secret.ts'

export interface Access {
  /** A new token, good for one exchange. A token that was not used yet is no longer good. */
  issueToken(): string
  /** The `Set-Cookie` value of a new session, once for the issued token; null for any other. */
  exchange(token: string): string | null
  /** Whether the request comes with the cookie of a session. */
  hasSession(request: IncomingMessage): boolean
  /** Whether the request was made to this host by its name: a rebound foreign name is refused. */
  hasOwnHost(request: IncomingMessage): boolean
  /** Whether the request was made by this host's own page. */
  hasOwnOrigin(request: IncomingMessage): boolean
}

/** @param port where the host listens; a cookie has no port, so its name carries it to keep two hosts apart */
export function createAccess(port: number): Access {
  const cookieName = `veranda-session-${port}`
  const sessions: string[] = []
  let token: string | null = null

  return {
    issueToken() {
      token = newSecret()
      return token
    },
    exchange(offered) {
      if (token === null || !sameSecret(offered, token)) return null
      token = null
      const session = newSecret()
      sessions.push(session)
      return `${cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/`
    },
    hasSession(request) {
      const offered = cookies(request).get(cookieName)
      return offered !== undefined && sessions.some((session) => sameSecret(offered, session))
    },
    hasOwnHost: (request) => hasHost(request, port),
    hasOwnOrigin: ({ headers }) => headers.origin === `http://${headers.host}`,
  }
}

function cookies(request: IncomingMessage): ReadonlyMap<string, string> {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('=', 2))
  return new Map(pairs.map(([name = '', value = '']) => [name, value]))
}
