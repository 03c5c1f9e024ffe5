import { describe, expect, test } from 'vitest'
import { packRows, scoredTokens, type TokenizedExample } from '../../../src-main/core/training/packing.ts'

/** Ids that name the example (hundreds) and the token; the second half is scored. */
function example(number: number, length: number): TokenizedExample {
  return {
    id: `example ${number}`,
    ids: Array.from({ length }, (_, t) => number * 100 + t),
    scored: Array.from({ length }, (_, t) => t >= length / 2),
  }
}

describe('one row', () => {
  const [first, second] = [example(1, 4), example(2, 3)]
  const batch = packRows([first, second], 8)

  test('examples follow each other, longest first, with positions and segments of their own', () => {
    expect(batch).toMatchObject({ rowLength: 7, tokens: 7, scoredTokens: 3 })
    expect(batch.rows).toEqual([
      {
        ids: Int32Array.of(100, 101, 102, 103, 200, 201, 202),
        positions: Int32Array.of(0, 1, 2, 3, 0, 1, 2),
        segments: Int32Array.of(0, 0, 0, 0, 1, 1, 1),
        labels: Int32Array.of(-1, 102, 103, -1, -1, 202, -1),
        spans: [
          { example: first, from: 0, to: 4, place: 0 },
          { example: second, from: 0, to: 3, place: 4 },
        ],
      },
    ])
  })
})

describe('examples that begin alike', () => {
  const sharing = (tail: readonly number[]): TokenizedExample => ({
    id: `ending in ${tail.join(' ')}`,
    ids: [1, 2, 3, ...tail],
    scored: [false, false, false, false, ...tail.slice(1).map(() => true)],
  })

  test('the beginning stands once, and each example goes on from it', () => {
    const [longer, shorter] = [sharing([10, 11, 12]), sharing([20, 21])]
    const batch = packRows([longer, shorter], 20)
    expect(batch).toMatchObject({ rowLength: 8, tokens: 11, scoredTokens: 3 })
    expect(batch.rows).toEqual([
      {
        ids: Int32Array.of(1, 2, 3, 10, 11, 12, 20, 21),
        positions: Int32Array.of(0, 1, 2, 3, 4, 5, 3, 4),
        segments: Int32Array.of(-2, -2, -2, 0, 0, 0, 1, 1),
        labels: Int32Array.of(-1, -1, -1, 11, 12, -1, 21, -1),
        spans: [
          { example: longer, from: 0, to: 3, place: 0 },
          { example: longer, from: 3, to: 6, place: 3 },
          { example: shorter, from: 0, to: 3, place: 0 },
          { example: shorter, from: 3, to: 5, place: 6 },
        ],
      },
    ])
  })

  test('every row of the batch has its own copy of the beginning', () => {
    const { rows } = packRows([sharing([10, 11]), sharing([20, 21])], 5)
    expect(rows.map((row) => [...row.ids])).toEqual([
      [1, 2, 3, 10, 11],
      [1, 2, 3, 20, 21],
    ])
  })

  test('the token that predicts the first scored one is never shared', () => {
    const answers = (id: number): TokenizedExample => ({
      id: String(id),
      ids: [1, 2, 3, id],
      scored: [false, false, false, true],
    })
    const [row] = packRows([answers(10), answers(20)], 8).rows
    expect(row?.ids).toEqual(Int32Array.of(1, 2, 3, 10, 3, 20))
    expect(row?.labels).toEqual(Int32Array.of(-1, -1, 10, -1, 20, -1))
  })
})

test('a scored first token has nothing that predicts it', () => {
  const first = { id: 'a', ids: [7, 8], scored: [true, false] }
  expect(scoredTokens(first)).toBe(0)
  const next = { id: 'b', ids: [5, 6], scored: [true, true] }
  const { rows, scoredTokens: count } = packRows([first, next], 4)
  expect(count).toBe(1)
  expect(rows[0]?.labels).toEqual(Int32Array.of(-1, -1, 6, -1))
})

test('shorter rows are padded to the longest', () => {
  const batch = packRows([example(1, 5), example(2, 3)], 5)
  expect(batch).toMatchObject({ rowLength: 5, tokens: 8 })
  expect(batch.rows[1]).toMatchObject({
    ids: Int32Array.of(200, 201, 202, 0, 0),
    positions: Int32Array.of(0, 1, 2, 0, 0),
    segments: Int32Array.of(0, 0, 0, -1, -1),
    labels: Int32Array.of(-1, 202, -1, -1, -1),
  })
})

test('rows are filled evenly rather than one full and one nearly empty', () => {
  const batch = packRows(
    [1, 2, 3, 4, 5].map((number) => example(number, 20)),
    80,
  )
  expect(batch.rows).toHaveLength(2)
  expect(batch.rowLength).toBe(60)
})

test('evening out never breaks the limit of a row', () => {
  // Emptiest-first would make rows of 9 and 11 out of these; first-fit makes two of exactly 10.
  const batch = packRows(
    [6, 5, 5, 4].map((length, i) => example(i + 1, length)),
    10,
  )
  expect(batch.rows).toHaveLength(2)
  expect(batch.rowLength).toBe(10)
  const tight = packRows(
    [5, 5, 4, 3, 3].map((length, i) => example(i + 1, length)),
    10,
  )
  expect(tight.rows).toHaveLength(2)
  expect(tight.rowLength).toBe(10)
})

test('an example longer than a row is kept whole', () => {
  const batch = packRows([example(1, 12), example(2, 3), example(3, 4)], 6)
  expect(batch.rowLength).toBe(12)
  expect(batch.rows).toHaveLength(2)
  expect(batch.rows[0]?.segments).toEqual(new Int32Array(12))
})

test('any mix: nothing lost, nothing split, labels within their example', () => {
  const lengths = Array.from({ length: 40 }, (_, i) => 2 + ((i * 37) % 29))
  const examples = lengths.map((length, i) => example(i + 1, length))
  const batch = packRows(examples, 64)
  const seen: number[] = []
  let labels = 0
  for (const { ids, positions, segments, labels: row } of batch.rows) {
    expect(ids).toHaveLength(batch.rowLength)
    for (const [t, id] of ids.entries()) {
      if (segments[t] === -1) continue
      seen.push(id)
      expect(id % 100).toBe(positions[t])
      if (row[t] === -1) continue
      labels++
      expect(row[t]).toBe(id + 1)
      expect(segments[t + 1]).toBe(segments[t])
    }
  }
  expect(seen.toSorted((a, b) => a - b)).toEqual(examples.flatMap(({ ids }) => ids))
  expect(labels).toBe(batch.scoredTokens)
  expect(batch.rowLength).toBeLessThanOrEqual(64)
  expect(batch.rows.length * batch.rowLength).toBeLessThan(batch.tokens * 1.15)
})

test('no examples, no rows', () => {
  expect(packRows([], 8)).toEqual({ rows: [], rowLength: 0, tokens: 0, scoredTokens: 0 })
})
