/** SentencePiece's BPE knows scores of tokens, others know merges. Source: transformers `generate_merges`. */

/** The pairs that tokens can be made of, those of the highest score first. */
export function mergesOfScores(
  tokens: readonly string[],
  scores: readonly number[],
): (readonly [left: string, right: string])[] {
  const ids = new Map(
    [...tokens.entries()].filter(([, token]) => token !== '').map(([id, token]) => [token, id]),
  )
  const merges: { readonly left: string; readonly right: string; readonly score: number }[] = []
  for (const [token, id] of ids) {
    const characters = Array.from(token)
    const own = []
    for (let length = 1; length < characters.length; length++) {
      const [left, right] = [characters.slice(0, length).join(''), characters.slice(length).join('')]
      const [leftId, rightId] = [ids.get(left), ids.get(right)]
      if (leftId === undefined || rightId === undefined) continue
      own.push({ left, right, leftId, rightId, score: scores[id] ?? 0 })
    }
    merges.push(...own.toSorted((a, b) => a.leftId - b.leftId || a.rightId - b.rightId))
  }
  const lengthOf = (text: string): number => Array.from(text).length
  return merges
    .toSorted(
      (a, b) =>
        b.score - a.score || lengthOf(b.left) - lengthOf(a.left) || lengthOf(b.right) - lengthOf(a.right),
    )
    .map(({ left, right }) => [left, right])
}

/** Scores by which the same tokens are joined first; those that no merge makes have the lowest. */
export function scoresOfMerges(tokens: readonly string[], merges: readonly string[]): number[] {
  const ranks = new Map<string, number>()
  for (const [rank, merge] of merges.entries()) {
    const token = merge.replace(' ', '')
    if (!ranks.has(token)) ranks.set(token, rank)
  }
  return tokens.map((token) => -(ranks.get(token) ?? merges.length))
}
