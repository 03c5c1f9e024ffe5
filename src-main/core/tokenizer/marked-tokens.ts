/** Finds control and user-defined tokens in text. Source: huggingface/tokenizers added_vocabulary.rs. */
import type { TokenMatching } from './definition.ts'
import { escapeLiteral } from './pieces.ts'

export interface MarkedToken {
  readonly id: number
  /** As it stands in the text. */
  readonly text: string
  readonly matching: TokenMatching
}

const wordCharacter = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`
const endsInWord = new RegExp(`${wordCharacter}$`, 'u')
const startsWithWord = new RegExp(`^${wordCharacter}`, 'u')
const spaceAtEnd = /\p{White_Space}+$/u
const spaceAtStart = /^\p{White_Space}+/u

/** Text to the tokens' ids and what lies between them; of tokens that start at one place the longest is taken. */
export function markedTokenSplitter(tokens: readonly MarkedToken[]): (text: string) => (string | number)[] {
  const byText = new Map(tokens.map((token) => [token.text, token]))
  const texts = [...byText.keys()].filter((text) => text !== '').sort((a, b) => b.length - a.length)
  if (texts.length === 0) return (text) => (text === '' ? [] : [text])
  const expression = new RegExp(texts.map(escapeLiteral).join('|'), 'gu')
  return (text) => {
    const parts: (string | number)[] = []
    let reached = 0
    for (const match of text.matchAll(expression)) {
      const token = byText.get(match[0])
      const place = token === undefined ? null : placeOf(text, match.index, token, reached)
      if (token === undefined || place === null) continue
      if (place.start > reached) parts.push(text.slice(reached, place.start))
      parts.push(token.id)
      reached = place.end
    }
    if (reached < text.length) parts.push(text.slice(reached))
    return parts
  }
}

/** What the token takes of the text, or null where it isn't meant. */
function placeOf(
  text: string,
  start: number,
  { text: own, matching }: MarkedToken,
  reached: number,
): { start: number; end: number } | null {
  const end = start + own.length
  // A token before it may have taken its own beginning as white space.
  if (start < reached) return null
  const { singleWord, stripLeft, stripRight } = matching
  if (singleWord && (endsInWord.test(text.slice(0, start)) || startsWithWord.test(text.slice(end))))
    return null
  const before = stripLeft ? (spaceAtEnd.exec(text.slice(reached, start))?.[0].length ?? 0) : 0
  const after = stripRight ? (spaceAtStart.exec(text.slice(end))?.[0].length ?? 0) : 0
  return { start: start - before, end: end + after }
}
