/** The search index over all messages; triggers keep it. */
import type { FoundMessage } from '../../../contract/entities.ts'
import type { Connection } from '../connection.ts'

/** Stand for the marks in a snippet; no text that a person sees has them. */
const [markStart, markEnd] = ['\u{e000}', '\u{e001}']
/** The best ones; more than this nobody reads. */
const mostFound = 50

interface Row {
  readonly id: string
  readonly conversationId: string
  readonly title: string
  readonly role: FoundMessage['role']
  readonly createdAt: number
  readonly snippet: string
}

export type MessageSearch = ReturnType<typeof messageSearch>

export function messageSearch(connection: Connection) {
  // The index is asked first and alone, so that only the best rows are joined and cut into snippets.
  const find = connection.prepare<{ query: string; most: number }, Row>(
    `SELECT m.id, m.conversation_id AS conversationId, c.title, m.role, m.created_at AS createdAt,
       snippet(message_search, 0, '${markStart}', '${markEnd}', '…', 14) AS snippet
     FROM message_search JOIN messages m ON m.number = message_search.rowid
       JOIN conversations c ON c.id = m.conversation_id
     WHERE message_search MATCH @query AND c.deleted_at IS NULL
     ORDER BY message_search.rowid DESC LIMIT @most`,
  )
  return {
    /** The newest messages with all the words, the last of which may be only begun; empty without a word. */
    find(text: string): FoundMessage[] {
      const query = toQuery(text)
      if (query === '') return []
      return find
        .all({ query, most: mostFound })
        .map(({ snippet, ...found }) => ({ ...found, snippet: toParts(snippet) }))
    },
  }
}

/** Every word as a quoted term: what a person types is never read as a query language. */
function toQuery(text: string): string {
  const words = text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
  return words.map((word) => `"${word}"`).join(' ') + (words.length > 0 ? '*' : '')
}

function toParts(snippet: string): FoundMessage['snippet'] {
  return snippet
    .split(new RegExp(`(${markStart}[^${markEnd}]*${markEnd})`, 'u'))
    .filter((part) => part !== '')
    .map((part) =>
      part.startsWith(markStart)
        ? { text: part.slice(markStart.length, -markEnd.length), marked: true }
        : { text: part, marked: false },
    )
}
