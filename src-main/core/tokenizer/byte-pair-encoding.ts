/**
 * Byte-pair encoding: a piece of text starts as one token a byte; then the neighbours whose merge was learned
 * first are joined, the leftmost pair where several are equal, until no learned merge is left.
 * Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units", section 3.2.
 */
import { byteCharacters } from './byte-alphabet.ts'

interface Merge {
  /** Position in the list of learned merges; the lowest goes first. */
  readonly rank: number
  readonly id: number
}

/**
 * An encoder of single pieces.
 *
 * @param vocabulary token, in the byte alphabet → id
 * @param merges "left right", the first learned first; one that makes no token of the vocabulary is skipped
 * @returns bytes → ids. A byte without a token of its own is left out, as the reference implementations do.
 */
export function bytePairEncoder(
  vocabulary: ReadonlyMap<string, number>,
  merges: readonly string[],
): (bytes: Uint8Array) => number[] {
  let stride = 1
  for (const id of vocabulary.values()) stride = Math.max(stride, id + 2)
  // Stands for a byte without a token: no merge has it, and it is left out at the end.
  const missing = stride - 1
  const byteIds = byteCharacters.map((character) => vocabulary.get(character) ?? missing)

  const learned = new Map<number, Merge>()
  for (const [rank, merge] of merges.entries()) {
    const space = merge.indexOf(' ', 1)
    const left = vocabulary.get(merge.slice(0, space))
    const right = vocabulary.get(merge.slice(space + 1))
    const id = vocabulary.get(merge.slice(0, space) + merge.slice(space + 1))
    if (left === undefined || right === undefined || id === undefined) continue
    const pair = left * stride + right
    if (!learned.has(pair)) learned.set(pair, { rank, id })
  }

  return (bytes) => {
    const length = bytes.length
    // Tokens as a linked list by the position of their first byte; a merged-away one has the id -1.
    const ids = Array.from(bytes, (byte) => byteIds[byte] ?? missing)
    const next = Array.from(bytes, (_, position) => position + 1)
    const previous = Array.from(bytes, (_, position) => position - 1)
    const mergeAt = (position: number): Merge | undefined => {
      const after = next[position] ?? length
      if (position < 0 || after >= length) return undefined
      return learned.get((ids[position] ?? missing) * stride + (ids[after] ?? missing))
    }
    const queue = new NumberQueue()
    // Rank first, then position, in one number.
    const offer = (position: number): void => {
      const merge = mergeAt(position)
      if (merge) queue.push(merge.rank * length + position)
    }
    for (let position = 0; position < length - 1; position++) offer(position)
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      const position = key % length
      const merge = ids[position] === -1 ? undefined : mergeAt(position)
      // The pair may be another one by now; that one has its own entry.
      if (!merge || merge.rank !== Math.floor(key / length)) continue
      const after = next[position] ?? length
      const afterThat = next[after] ?? length
      ids[position] = merge.id
      ids[after] = -1
      next[position] = afterThat
      if (afterThat < length) previous[afterThat] = position
      offer(previous[position] ?? -1)
      offer(position)
    }
    return ids.filter((id) => id !== -1 && id !== missing)
  }
}

/** A binary heap of numbers, least first: long pieces (a pasted genome) must not take quadratic time. */
class NumberQueue {
  readonly #heap: number[] = []

  push(value: number): void {
    const heap = this.#heap
    let at = heap.push(value) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] ?? value
      if (above <= value) break
      heap[at] = above
      at = parent
    }
    heap[at] = value
  }

  pop(): number | undefined {
    const heap = this.#heap
    const least = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return least
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = heap[child + 1]
      if (right !== undefined && right < (heap[child] ?? right)) child++
      const below = heap[child] ?? last
      if (below >= last) break
      heap[at] = below
      at = child
    }
    heap[at] = last
    return least
  }
}
