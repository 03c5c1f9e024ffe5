/**
 * Byte-pair encoding: a piece of text starts as one token a byte or character; then the neighbours whose merge goes
 * first are joined, the leftmost pair where several are equal, until there is none left to join.
 * Sources: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units", section 3.2;
 * google/sentencepiece bpe_model.cc for merges by score.
 */

interface Merge {
  /** The lowest goes first. */
  readonly rank: number
  readonly id: number
}

/** What two neighbours, by their ids, become. */
export type Merges = (left: number, right: number) => Merge | undefined

/** "left right", the first learned first; one that makes no token of the vocabulary is skipped. */
export function learnedMerges(vocabulary: ReadonlyMap<string, number>, merges: readonly string[]): Merges {
  let stride = 1
  for (const id of vocabulary.values()) stride = Math.max(stride, id + 1)
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
  return (left, right) => (left < stride && right < stride ? learned.get(left * stride + right) : undefined)
}

/** Any two neighbours that are a token together, the one with the highest score first. */
export function scoredMerges(
  tokens: readonly string[],
  vocabulary: ReadonlyMap<string, number>,
  scores: readonly number[],
): Merges {
  const ranks = new Map([...new Set(scores)].toSorted((a, b) => b - a).map((score, rank) => [score, rank]))
  return (left, right) => {
    const id = vocabulary.get(`${tokens[left]}${tokens[right]}`)
    const rank = id === undefined ? undefined : ranks.get(scores[id] ?? Number.NaN)
    return id === undefined || rank === undefined ? undefined : { rank, id }
  }
}

/** The ids of a piece's bytes or characters → those of its tokens. */
export function joinPairs(symbols: readonly number[], merges: Merges): number[] {
  const length = symbols.length
  // Tokens as a linked list by the position of their first symbol; a merged-away one has the id -1.
  const ids = [...symbols]
  const next = ids.map((_, position) => position + 1)
  const previous = ids.map((_, position) => position - 1)
  const mergeAt = (position: number): Merge | undefined => {
    const after = next[position] ?? length
    if (position < 0 || after >= length) return undefined
    return merges(ids[position] ?? -1, ids[after] ?? -1)
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
  return ids.filter((id) => id !== -1)
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
