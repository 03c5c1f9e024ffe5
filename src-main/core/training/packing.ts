/**
 * Several examples side by side in one row, so that little of a batch is padding.
 *
 * Each example keeps its own positions (from 0) and its own segment number; attention must stay within a
 * segment, and then a packed row gives the same losses as its examples alone.
 */

/** An example as token ids, with the tokens the loss counts: assistant text and its end of turn. */
export interface TokenizedExample {
  readonly id: string
  readonly ids: readonly number[]
  /** As long as `ids`. */
  readonly scored: readonly boolean[]
}

/** One row of a batch; every array is as long as the batch's rows are. */
export interface PackedRow {
  /** Token ids; 0 in the padding. */
  readonly ids: Int32Array
  /** Position of the token in its example; 0 in the padding. */
  readonly positions: Int32Array
  /** Which example of the row the token belongs to, counted from 0; -1 in the padding. */
  readonly segments: Int32Array
  /** The token id that position t has to predict (token t + 1) where that one is scored, else -1. */
  readonly labels: Int32Array
}

export interface PackedBatch {
  /** At least one; all of `rowLength` tokens, padded at the end. */
  readonly rows: readonly PackedRow[]
  readonly rowLength: number
  /** Tokens that are not padding. */
  readonly tokens: number
  /** Labels that are not -1: what the summed loss is divided by. */
  readonly scoredTokens: number
}

/** How many tokens of an example the loss counts; the first token has nothing before it to predict it from. */
export function scoredTokens(example: TokenizedExample): number {
  let count = 0
  for (let t = 1; t < example.scored.length; t++) if (example.scored[t] === true) count++
  return count
}

/**
 * Packs examples into as few rows of at most `rowTokens` as first-fit finds, about equally full.
 *
 * An example is never split: where the longest one is longer than `rowTokens`, rows are as long as it is.
 */
export function packRows(examples: readonly TokenizedExample[], rowTokens: number): PackedBatch {
  const longestFirst = examples.toSorted((a, b) => b.ids.length - a.ids.length)
  const capacity = Math.max(rowTokens, longestFirst[0]?.ids.length ?? 0)
  const groups = arrange(longestFirst, capacity)
  const rowLength = Math.max(0, ...groups.map(lengthOf))
  return {
    rows: groups.map((group) => packRow(group, rowLength)),
    rowLength,
    tokens: lengthOf(examples),
    scoredTokens: examples.reduce((sum, example) => sum + scoredTokens(example), 0),
  }
}

/** First-fit says how many rows there must be; putting each example into the emptiest one evens them out. */
function arrange(longestFirst: readonly TokenizedExample[], capacity: number): TokenizedExample[][] {
  const packed = firstFit(longestFirst, capacity)
  const even = packed.map((): TokenizedExample[] => [])
  for (const example of longestFirst) {
    const emptiest = even.reduce((best, row) => (lengthOf(row) < lengthOf(best) ? row : best))
    emptiest.push(example)
  }
  const longest = (rows: TokenizedExample[][]): number => Math.max(...rows.map(lengthOf))
  return packed.length > 0 && longest(even) < longest(packed) ? even : packed
}

function firstFit(longestFirst: readonly TokenizedExample[], capacity: number): TokenizedExample[][] {
  const rows: TokenizedExample[][] = []
  for (const example of longestFirst) {
    const row = rows.find((candidate) => lengthOf(candidate) + example.ids.length <= capacity)
    if (row === undefined) rows.push([example])
    else row.push(example)
  }
  return rows
}

function lengthOf(row: readonly TokenizedExample[]): number {
  return row.reduce((sum, example) => sum + example.ids.length, 0)
}

function packRow(examples: readonly TokenizedExample[], length: number): PackedRow {
  const ids = new Int32Array(length)
  const positions = new Int32Array(length)
  const segments = new Int32Array(length).fill(-1)
  const labels = new Int32Array(length).fill(-1)
  let start = 0
  for (const [segment, example] of examples.entries()) {
    for (const [t, id] of example.ids.entries()) {
      ids[start + t] = id
      positions[start + t] = t
      segments[start + t] = segment
      if (t > 0 && example.scored[t] === true) labels[start + t - 1] = id
    }
    start += example.ids.length
  }
  return { ids, positions, segments, labels }
}
