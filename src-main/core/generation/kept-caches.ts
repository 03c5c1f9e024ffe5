import { commonLength, type TokenCache } from '../llama/kv-cache.ts'

interface Kept {
  /** What else than tokens its keys and values came from: the adapter and its strength. */
  readonly owner: string
  readonly cache: TokenCache
}

/** KV caches of one model that are kept for the next turn, within a number of bytes; the least used goes first. */
export class KeptCaches {
  readonly #newCache: () => TokenCache
  readonly #budgetBytes: number
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
   * is cut to that beginning, or copied so far where it would lose more than it keeps: another conversation with
   * the same system prompt takes nothing away from the first.
   */
  take(owner: string, tokens: readonly number[]): TokenCache {
    let best: Kept | null = null
    let common = 0
    for (const kept of this.#kept) {
      if (kept.owner !== owner) continue
      const shared = commonLength(kept.cache.tokens, tokens)
      if (shared > common) [best, common] = [kept, shared]
    }
    const cache = best === null ? this.#newCache() : continued(best.cache, common)
    const index = this.#kept.findIndex((kept) => kept.cache === cache)
    if (index >= 0) this.#kept.splice(index, 1)
    this.#kept.push({ owner, cache })
    this.evict()
    return cache
  }

  /** Drops the least used caches that are over the budget, but never the one in use, and those that hold nothing. */
  evict(): void {
    const inUse = this.#kept.pop()
    if (inUse === undefined) return
    const filled = this.#kept.filter(({ cache }) => cache.length > 0)
    this.#kept.splice(0, this.#kept.length, ...filled, inUse)
    let bytes = this.bytes
    while (this.#kept.length > 1 && bytes > this.#budgetBytes) {
      const dropped = this.#kept.shift()?.cache
      bytes -= dropped?.bytes ?? 0
      dropped?.release()
    }
  }

  /** Drops all of them. */
  clear(): void {
    for (const { cache } of this.#kept.splice(0)) cache.release()
  }
}

function continued(cache: TokenCache, common: number): TokenCache {
  if (cache.length - common > common) return cache.copy(common)
  cache.truncate(common)
  return cache
}
