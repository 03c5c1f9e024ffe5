/**
 * Texts that say nearly the same: MinHash signatures of character shingles (Broder 1997), compared only where
 * locality-sensitive hashing puts two in one bucket. Deterministic: the hash functions are fixed.
 */

/** Characters of a shingle. */
const shingleLength = 5
const hashCount = 96
/** Two texts whose shingles overlap by 0.9 share one of 16 bands of 6 with a chance of 0.99999, by 0.8 with 0.99. */
const bandRows = 6
/** Texts of one template fill buckets without being alike: each is compared with so many of its bucket's groups. */
const mostComparedInBucket = 24
/** Texts between two steps of the search. */
const stepLength = 256
/** The estimated overlap (Jaccard) from which two texts count as near-duplicates. */
const threshold = 0.8

export type Signature = Uint32Array

/** Odd multipliers and offsets of the hash functions, by a fixed generator (Marsaglia's xorshift). */
const [multipliers, offsets] = hashFunctions()

/** The signature of a text; case, punctuation and white space make no difference. */
export function signatureOf(text: string): Signature {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
  const signature = new Uint32Array(hashCount).fill(0xffffffff)
  const last = Math.max(1, plain.length - shingleLength + 1)
  const seen = new Set<number>()
  for (let start = 0; start < last; start++) {
    const shingle = hashOf(plain, start, Math.min(plain.length, start + shingleLength))
    if (seen.has(shingle)) continue
    seen.add(shingle)
    for (let k = 0; k < hashCount; k++) {
      const product = Math.imul(shingle, multipliers[k] ?? 1) + (offsets[k] ?? 0)
      const mixed = (product ^ (product >>> 15)) >>> 0
      if (mixed < (signature[k] ?? 0)) signature[k] = mixed
    }
  }
  return signature
}

/**
 * Groups of indexes of near-duplicates, each in rising order, by their lowest index. Yields the share that is done
 * after every step.
 */
export function* nearDuplicates(signatures: readonly Signature[]): Generator<number, number[][]> {
  const parents = signatures.map((_, index) => index)
  const rootOf = (index: number): number => {
    let root = index
    for (let parent = parents[root] ?? root; parent !== root; parent = parents[root] ?? root) root = parent
    parents[index] = root
    return root
  }
  for (let band = 0; band < hashCount; band += bandRows) {
    const buckets = new Map<string, number[]>()
    for (const [index, signature] of signatures.entries()) {
      if (index % stepLength === 0) yield (band + bandRows * (index / signatures.length)) / hashCount
      const key = signature.subarray(band, band + bandRows).join(' ')
      const bucket = buckets.get(key)
      if (bucket === undefined) buckets.set(key, [index])
      else if (!joins(index, bucket)) bucket.push(index)
    }
  }
  const groups = Map.groupBy(signatures.keys(), rootOf)
  return [...groups.values()].filter((group) => group.length > 1)

  /** Puts a text into the groups of its bucket that it is alike to; false if it is in none of them. */
  function joins(index: number, bucket: readonly number[]): boolean {
    const signature = signatures[index] ?? new Uint32Array()
    let joined = false
    for (const other of bucket.slice(0, mostComparedInBucket)) {
      const [root, otherRoot] = [rootOf(index), rootOf(other)]
      const otherSignature = signatures[other] ?? new Uint32Array()
      if (root !== otherRoot && overlap(signature, otherSignature) < threshold) continue
      parents[Math.max(root, otherRoot)] = Math.min(root, otherRoot)
      joined = true
    }
    return joined
  }
}

/** The share of equal hashes: an estimate of the Jaccard index of the two shingle sets. */
function overlap(a: Signature, b: Signature): number {
  let equal = 0
  for (let k = 0; k < hashCount; k++) if (a[k] === b[k]) equal++
  return equal / hashCount
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

function hashFunctions(): [Uint32Array, Uint32Array] {
  let state = 0x9e3779b9
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  const random = Uint32Array.from({ length: 2 * hashCount }, next)
  return [random.subarray(0, hashCount).map((value) => value | 1), random.subarray(hashCount)]
}
