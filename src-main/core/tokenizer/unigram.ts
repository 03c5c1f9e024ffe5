/**
 * The unigram language model: of all ways to cut a piece into tokens, the one whose log probabilities sum highest.
 * Source: Kudo 2018, "Subword Regularization", section 3.2; google/sentencepiece unigram_model.cc and
 * huggingface/tokenizers unigram/model.rs (`encode_optimized`).
 */

/** How many nats below the least likely token a character without a token is. */
const unknownPenalty = 10

/** The best way found to cut the text up to a place. */
interface BestPath {
  readonly score: number
  readonly start: number
  /** Null: a character without a token. */
  readonly id: number | null
}

/**
 * @param scores log probabilities of the tokens, nats
 * @param fallback the ids of characters that have no token, side by side
 */
export function unigramEncoder(
  vocabulary: ReadonlyMap<string, number>,
  scores: readonly number[],
  fallback: (text: string) => readonly number[],
): (piece: string) => number[] {
  const unknownScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - unknownPenalty
  const lengths = lengthsByStart(vocabulary.keys())

  return (piece) => {
    const best: (BestPath | undefined)[] = [{ score: 0, start: 0, id: null }]
    const offer = (end: number, path: BestPath): void => {
      const known = best[end]
      if (known === undefined || path.score > known.score) best[end] = path
    }
    for (let start = 0; start < piece.length;) {
      const before = best[start]?.score ?? 0
      const character = String.fromCodePoint(piece.codePointAt(start) ?? 0)
      let hasToken = false
      for (const length of lengths.get(character) ?? []) {
        const id =
          start + length > piece.length ? undefined : vocabulary.get(piece.slice(start, start + length))
        if (id === undefined) continue
        offer(start + length, { score: before + (scores[id] ?? 0), start, id })
        hasToken ||= length === character.length
      }
      const end = start + character.length
      if (!hasToken) offer(end, { score: before + unknownScore, start, id: null })
      start = end
    }
    return idsOfPath(piece, best, fallback)
  }
}

/** From the end backwards; unknown characters side by side are one text. */
function idsOfPath(
  piece: string,
  best: readonly (BestPath | undefined)[],
  fallback: (text: string) => readonly number[],
): number[] {
  const parts: (readonly number[])[] = []
  let unknown = ''
  const flush = (): void => {
    if (unknown !== '') parts.push(fallback(unknown))
    unknown = ''
  }
  for (let end = piece.length; end > 0;) {
    const path = best[end]
    const start = path?.start ?? 0
    if (path === undefined || path.id === null) unknown = piece.slice(start, end) + unknown
    else {
      flush()
      parts.push([path.id])
    }
    end = start
  }
  flush()
  return parts.toReversed().flat()
}

/** The lengths (UTF-16 units, ascending) that tokens have, by their first character: only those are looked up. */
function lengthsByStart(tokens: Iterable<string>): ReadonlyMap<string, readonly number[]> {
  const lengths = new Map<string, Set<number>>()
  for (const token of tokens) {
    const first = String.fromCodePoint(token.codePointAt(0) ?? 0)
    const known = lengths.get(first) ?? new Set()
    lengths.set(first, known.add(token.length))
  }
  return new Map([...lengths].map(([first, known]) => [first, [...known].toSorted((a, b) => a - b)]))
}
