/**
 * Several examples side by side in one row, so that little of a batch is padding and nothing is computed twice.
 *
 * Each example keeps its own positions and its own segment number; what all of them begin with (a system prompt)
 * stands once at the start of the row. Attention must stay within a segment and the shared beginning, and then a
 * packed row gives the same losses and gradients as its examples alone.
 */

/** The segment of padding: nothing sees it, it counts nothing. */
export const paddingSegment = -1
/** The segment of the beginning that all examples of a row share. */
export const sharedSegment = -2

/** An example as token ids, with the tokens the loss counts: assistant text and its end of turn. */
export interface TokenizedExample {
  readonly id: string
  readonly ids: readonly number[]
  /** As long as `ids`. */
  readonly scored: readonly boolean[]
}

/** Where tokens of an example stand in a row: token `from + i` at place `place + i`, up to but without token `to`. */
export interface ExampleSpan {
  readonly example: TokenizedExample
  readonly from: number
  readonly to: number
  readonly place: number
}

/** One row of a batch; every array is as long as the batch's rows are. */
export interface PackedRow {
  /** Token ids; 0 in the padding. */
  readonly ids: Int32Array
  /** Position of the token in its example; 0 in the padding. */
  readonly positions: Int32Array
  /** Which example of the row the token belongs to, counted from 0; or `sharedSegment`, or `paddingSegment`. */
  readonly segments: Int32Array
  /** The token id that position t has to predict (token t + 1) where that one is scored, else -1. */
  readonly labels: Int32Array
  /** Of every example all tokens: a shared beginning stands at the same places for each. */
  readonly spans: readonly ExampleSpan[]
}

export interface PackedBatch {
  /** At least one; all of `rowLength` tokens, padded at the end. */
  readonly rows: readonly PackedRow[]
  readonly rowLength: number
  /** Tokens of the examples, each counted as if it stood alone. */
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
  const shared = sharedLength(examples)
  const groups = arrange(longestFirst, capacity, shared)
  const rowLength = Math.max(0, ...groups.map((group) => packedLength(group, shared)))
  return {
    rows: groups.map((group) => packRow(group, rowLength, shared)),
    rowLength,
    tokens: examples.reduce((sum, example) => sum + example.ids.length, 0),
    scoredTokens: examples.reduce((sum, example) => sum + scoredTokens(example), 0),
  }
}

/**
 * How many tokens all examples begin with. The token before a scored one is never shared: it has that one to
 * predict, in each example another.
 */
export function sharedLength([first, ...others]: readonly TokenizedExample[]): number {
  if (first === undefined || others.length === 0) return 0
  let length = Math.min(...[first, ...others].map(unscoredBeginning))
  for (const { ids } of others) {
    let common = 0
    while (common < length && ids[common] === first.ids[common]) common++
    length = common
  }
  return length
}

/** Tokens before the one that predicts the first scored token. */
function unscoredBeginning({ scored }: TokenizedExample): number {
  const firstScored = scored.indexOf(true, 1)
  return firstScored === -1 ? scored.length : firstScored - 1
}

/** First-fit says how many rows there must be; putting each example into the emptiest one evens them out. */
function arrange(
  longestFirst: readonly TokenizedExample[],
  capacity: number,
  shared: number,
): TokenizedExample[][] {
  const packed = firstFit(longestFirst, capacity, shared)
  const even = packed.map((): TokenizedExample[] => [])
  const lengthOf = (row: TokenizedExample[]): number => packedLength(row, shared)
  for (const example of longestFirst) {
    const emptiest = even.reduce((best, row) => (lengthOf(row) < lengthOf(best) ? row : best))
    emptiest.push(example)
  }
  const longest = (rows: TokenizedExample[][]): number => Math.max(...rows.map(lengthOf))
  return packed.length > 0 && longest(even) < longest(packed) ? even : packed
}

function firstFit(
  longestFirst: readonly TokenizedExample[],
  capacity: number,
  shared: number,
): TokenizedExample[][] {
  const rows: TokenizedExample[][] = []
  for (const example of longestFirst) {
    const row = rows.find((candidate) => packedLength([...candidate, example], shared) <= capacity)
    if (row === undefined) rows.push([example])
    else row.push(example)
  }
  return rows
}

function packedLength(row: readonly TokenizedExample[], shared: number): number {
  return row.reduce((sum, example) => sum + example.ids.length - shared, shared)
}

function packRow(examples: readonly TokenizedExample[], length: number, shared: number): PackedRow {
  const ids = new Int32Array(length)
  const positions = new Int32Array(length)
  const segments = new Int32Array(length).fill(paddingSegment)
  const labels = new Int32Array(length).fill(-1)
  let end = 0
  const put = (example: TokenizedExample, segment: number, from: number, to: number): void => {
    for (let t = from; t < to; t++, end++) {
      ids[end] = example.ids[t] ?? 0
      positions[end] = t
      segments[end] = segment
      if (example.scored[t + 1] === true) labels[end] = example.ids[t + 1] ?? -1
    }
  }
  const spans: ExampleSpan[] = []
  const [first] = examples
  if (first !== undefined) put(first, sharedSegment, 0, shared)
  for (const [segment, example] of examples.entries()) {
    if (shared > 0) spans.push({ example, from: 0, to: shared, place: 0 })
    spans.push({ example, from: shared, to: example.ids.length, place: end })
    put(example, segment, shared, example.ids.length)
  }
  return { ids, positions, segments, labels, spans }
}
