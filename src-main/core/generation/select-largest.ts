/**
 * Partial selection: the largest scores whose weights reach a target, without sorting.
 *
 * Quickselect with a three-way partition (Hoare's FIND; Bentley and McIlroy 1993), so equal scores cost nothing.
 */

/**
 * Reorders `ids[0, count)` so that the smallest set of highest scores whose weights sum to `target` or more
 * comes first, in no particular order, and returns the size of that set. Of equal scores the lower ids win.
 *
 * @param scores score of each id, without NaN
 * @param weightOf weight of each id, not negative; null weighs every id 1
 */
export function selectLargest(
  ids: Int32Array,
  count: number,
  scores: Float32Array,
  weightOf: Float64Array | null,
  target: number,
): number {
  let low = 0
  let high = count
  let missing = target
  while (low < high) {
    const pivot = medianScore(ids, low, high, scores)
    // [low, equal) above the pivot, [equal, next) at it, [below, high) under it.
    let equal = low
    let next = low
    let below = high
    while (next < below) {
      const id = ids[next] as number
      const score = scores[id] as number
      if (score > pivot) swap(ids, equal++, next++)
      else if (score < pivot) swap(ids, next, --below)
      else next++
    }
    const above = weigh(ids, low, equal, weightOf)
    if (above >= missing) high = equal
    else {
      const tied = weigh(ids, equal, below, weightOf)
      if (above + tied >= missing) return takeTied(ids, equal, below, weightOf, missing - above)
      missing -= above + tied
      low = below
    }
  }
  return low
}

function medianScore(ids: Int32Array, low: number, high: number, scores: Float32Array): number {
  const first = scores[ids[low] as number] as number
  const middle = scores[ids[(low + high) >>> 1] as number] as number
  const last = scores[ids[high - 1] as number] as number
  return Math.max(Math.min(first, middle), Math.min(Math.max(first, middle), last))
}

function swap(ids: Int32Array, i: number, j: number): void {
  const id = ids[i] as number
  ids[i] = ids[j] as number
  ids[j] = id
}

function weigh(ids: Int32Array, from: number, to: number, weightOf: Float64Array | null): number {
  if (weightOf === null) return to - from
  let sum = 0
  for (let i = from; i < to; i++) sum += weightOf[ids[i] as number] as number
  return sum
}

/** Where to stop among equal scores: as many of them, lowest ids first, as are missing. */
function takeTied(
  ids: Int32Array,
  from: number,
  to: number,
  weightOf: Float64Array | null,
  missing: number,
): number {
  if (to - from > 1) ids.subarray(from, to).sort()
  let end = from
  let taken = 0
  while (end < to && taken < missing) {
    taken += weightOf === null ? 1 : (weightOf[ids[end] as number] as number)
    end++
  }
  return end
}
