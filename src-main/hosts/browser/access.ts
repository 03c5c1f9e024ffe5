/** Who may talk to the browser host: whoever opened the printed address, from the host's own page, and nobody else. */
import type { IncomingMessage } from 'node:http'
import { hasHost } from '../loopback.ts'
import { newSecret, sameSecret } from '../secret.ts'

/** So many wrong tokens and the right one is no longer good either: somebody is guessing. */
const maxWrongTokens = 20

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
  /** Whether another site's page made the request, by the browser's own word; a typed address is nobody's. */
  isFromOtherSite(request: IncomingMessage): boolean
}

/**
 * @param port where the host listens; a cookie has no port, so its name carries it to keep two hosts apart
 * @param onGuessing called when a token was withdrawn because of too many wrong ones
 */
export function createAccess(port: number, onGuessing: () => void = () => {}): Access {
  const cookieName = `veranda-session-${port}`
  const sessions: string[] = []
  let token: string | null = null
  let wrongTokens = 0

  return {
    issueToken() {
      wrongTokens = 0
      token = newSecret()
      return token
    },
    exchange(offered) {
      if (token === null) return null
      if (!sameSecret(offered, token)) {
        wrongTokens += 1
        if (wrongTokens < maxWrongTokens) return null
        token = null
        onGuessing()
        return null
      }
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
    // Old browsers send no such header; what else is checked holds for them too.
    isFromOtherSite: ({ headers }) => !['none', 'same-origin', undefined].includes(headers['sec-fetch-site']),
  }
}

function cookies(request: IncomingMessage): ReadonlyMap<string, string> {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('=', 2))
  return new Map(pairs.map(([name = '', value = '']) => [name, value]))
}
