/** Which words of two texts the other doesn't have in the same order: by a longest common subsequence. */

export interface MarkedWord {
  /** The word with the space after it. */
  readonly text: string
  readonly differs: boolean
}

/** Longer texts are compared by their first words only; the rest counts as differing. */
const mostWords = 400

export function wordDifference(
  left: string,
  right: string,
): { readonly left: readonly MarkedWord[]; readonly right: readonly MarkedWord[] } {
  const [a, b] = [words(left), words(right)]
  const rows = Math.min(a.length, mostWords)
  const columns = Math.min(b.length, mostWords)
  /** Of the words from there on: the length of what both have. */
  const common = Array.from({ length: rows + 1 }, () => new Uint16Array(columns + 1))
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0
  for (let i = rows - 1; i >= 0; i--) {
    const row = common[i]
    for (let j = columns - 1; j >= 0 && row !== undefined; j--) {
      row[j] = same(a[i], b[j]) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const [inLeft, inRight] = [new Set<number>(), new Set<number>()]
  for (let i = 0, j = 0; i < rows && j < columns;) {
    if (same(a[i], b[j])) {
      inLeft.add(i++)
      inRight.add(j++)
    } else if (at(i + 1, j) >= at(i, j + 1)) i++
    else j++
  }
  const mark = (texts: readonly string[], shared: ReadonlySet<number>) =>
    texts.map((text, index) => ({ text, differs: !shared.has(index) }))
  return { left: mark(a, inLeft), right: mark(b, inRight) }
}

function words(text: string): string[] {
  return text.match(/\s*\S+(?:\s+$|\s)?/g) ?? []
}

function same(a: string | undefined, b: string | undefined): boolean {
  return a?.trim() === b?.trim()
}
