import { commonLength, type TokenCache } from '../llama/kv-cache.ts'

interface Kept {
  /** What else than tokens its keys and values came from: the adapter and its strength. */
  readonly owner: string
  readonly cache: TokenCache
  isInUse: boolean
}

/** KV caches of one model that are kept for the next turn, within a number of bytes; the least used goes first. */
export class KeptCaches {
  readonly #newCache: () => TokenCache
  #budgetBytes: number
  /** The last used one last. */
  readonly #kept: Kept[] = []

  constructor(newCache: () => TokenCache, budgetBytes: number) {
    this.#newCache = newCache
    this.#budgetBytes = budgetBytes
  }

  get bytes(): number {
    return this.#kept.reduce((sum, { cache }) => sum + cache.bytes, 0)
  }

  /**
   * The cache to read `tokens` with: of the owner's caches the one that shares the longest beginning with them. It
   * is cut to that beginning, or copied so far where it would lose more than it keeps or is in use: another
   * conversation with the same system prompt takes nothing away from the first. Give it back when done with it.
   */
  take(owner: string, tokens: readonly number[]): TokenCache {
    let best: Kept | null = null
    let common = 0
    for (const kept of this.#kept) {
      if (kept.owner !== owner) continue
      const shared = commonLength(kept.cache.tokens, tokens)
      if (shared > common) [best, common] = [kept, shared]
    }
    const cache = best === null ? this.#newCache() : continued(best, common)
    if (best?.cache === cache) this.#kept.splice(this.#kept.indexOf(best), 1)
    this.#kept.push({ owner, cache, isInUse: true })
    this.#evict()
    return cache
  }

  /** The cache is kept from now on, as the last used one. */
  giveBack(cache: TokenCache): void {
    const index = this.#kept.findIndex((kept) => kept.cache === cache)
    const [kept] = index < 0 ? [] : this.#kept.splice(index, 1)
    if (kept !== undefined) this.#kept.push({ ...kept, isInUse: false })
    this.#evict()
  }

  /** Changes how much may be kept. */
  limit(budgetBytes: number): void {
    this.#budgetBytes = budgetBytes
    this.#evict()
  }

  /**
   * Drops those that hold nothing, and the least used ones that are over the budget, but none in use and not the
   * last: a conversation that is longer than the budget goes on, too.
   */
  #evict(): void {
    let bytes = this.bytes
    const last = this.#kept.at(-1)
    for (const kept of this.#kept.slice()) {
      if (kept.isInUse || (kept.cache.length > 0 && (kept === last || bytes <= this.#budgetBytes))) continue
      this.#kept.splice(this.#kept.indexOf(kept), 1)
      bytes -= kept.cache.bytes
      kept.cache.release()
    }
  }

  /** Drops all of them. */
  clear(): void {
    for (const { cache } of this.#kept.splice(0)) cache.release()
  }
}

function continued({ cache, isInUse }: Kept, common: number): TokenCache {
  if (isInUse || cache.length - common > common) return cache.copy(common)
  cache.truncate(common)
  return cache
}
