import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { Network, RequestRecord } from './network-log.ts'

/** As browsers have it; a longer chain leads nowhere. */
const maxRedirects = 20

/**
 * `fetch`, each request of which is recorded: those that a redirect leads to as well, and what comes back by its bytes.
 *
 * @throws Failure `redirected-unsafely` (from https to anything else), `redirected-too-often`; else as `fetch` does
 */
export function recordedFetch(reach: typeof fetch, record: Network['record']): Network['fetch'] {
  return async function fetchRecorded(url, init) {
    let target = new URL(url)
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const line = record(target.host)
      init.signal?.addEventListener('abort', () => line.end('failed'))
      const response = await reach(target, { ...init, redirect: 'manual' }).catch((error: unknown) => {
        line.end('failed')
        throw error
      })
      const location = response.headers.get('location')
      if (!isRedirect(response) || location === null) return counted(response, line)
      line.end('redirected')
      await response.body?.cancel()
      const next = new URL(location, target)
      if (target.protocol === 'https:' && next.protocol !== 'https:') {
        throw new Failure(
          'redirected-unsafely',
          sentence`${target.host} redirects to ${next.host} without encryption; that is refused`,
        )
      }
      target = next
    }
    throw new Failure('redirected-too-often', sentence`${target.host} redirects again and again`)
  }
}

function isRedirect({ status }: Response): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

/** The same response; the bytes of its body are counted on their way. */
function counted(response: Response, line: RequestRecord): Response {
  if (response.body === null) {
    line.end(response.ok ? 'done' : 'refused')
    return response
  }
  const chunks = countedBody(response.body, response.ok, line)
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const next = await chunks.next()
      if (next.done === true) controller.close()
      else controller.enqueue(next.value)
    },
    async cancel() {
      await chunks.return()
    },
  })
  return new Response(body, response)
}

async function* countedBody(
  body: AsyncIterable<Uint8Array<ArrayBuffer>>,
  ok: boolean,
  line: RequestRecord,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let bytes = 0
  try {
    for await (const chunk of body) {
      line.received((bytes += chunk.length))
      yield chunk
    }
    line.end(ok ? 'done' : 'refused')
  } finally {
    // Cut, or given up by its reader.
    line.end(ok ? 'failed' : 'refused')
  }
}
