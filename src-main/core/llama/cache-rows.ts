/** How caches of keys and values grow: rows of places, of which a first part is filled. */

/** Capacity grows by this many tokens, so that attention never looks at many empty places. */
const growth = 128

/** Places for so many tokens. */
export function capacityFor(length: number): number {
  return Math.ceil(length / growth) * growth
}

/** Copies the first `count` numbers of `rows` rows that are `before` long to rows that are `after` long. */
export function copyRows(
  from: Float32Array,
  before: number,
  to: Float32Array,
  after: number,
  rows: number,
  count: number,
): void {
  for (let row = 0; row < rows; row++) to.set(from.subarray(row * before, row * before + count), row * after)
}
