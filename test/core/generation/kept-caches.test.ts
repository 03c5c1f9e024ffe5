import { expect, test } from 'vitest'
import { KeptCaches } from '../../../src-main/core/generation/kept-caches.ts'
import { KvCache, type TokenCache } from '../../../src-main/core/llama/kv-cache.ts'
import { llamaConfig } from '../vera/llama-config.ts'

const config = llamaConfig({ layerCount: 2, kvHeadCount: 2, headDim: 4 })
/** Capacity grows by 128 tokens. */
const bytesOfStep = 2 * 2 * 2 * 4 * 128 * 4

/** Tokens whose keys and values tell the token: `[L, K, D, T]` and `[L, K, T, D]`. */
function read(cache: TokenCache, tokens: readonly number[]): void {
  const keys = Float32Array.from({ length: 16 * tokens.length }, (_, i) => tokens[i % tokens.length] ?? 0)
  const values = Float32Array.from(
    { length: 16 * tokens.length },
    (_, i) => tokens[Math.floor(i / 4) % tokens.length] ?? 0,
  )
  const [newKeys, newValues] = [keys, values].map((data) => ({ data, shape: [data.length] }))
  if (newKeys !== undefined && newValues !== undefined) cache.append(tokens, { newKeys, newValues })
}

async function contents(cache: TokenCache): Promise<{ keys: number[][]; values: number[][] }> {
  const feeds = await cache.feeds()
  const { length, capacity } = cache
  const rows = (data: ArrayLike<number | bigint>, row: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => Number(data[row + i]))
  const keys = feeds['keys.1']?.data ?? []
  const values = feeds['values.1']?.data ?? []
  return {
    keys: Array.from({ length: 8 }, (_, row) => rows(keys, row * capacity, length)),
    values: Array.from({ length: 2 }, (_, head) => rows(values, head * capacity * 4, length * 4)),
  }
}

const many = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)
const newCaches = (budgetBytes: number): KeptCaches => new KeptCaches(() => new KvCache(config), budgetBytes)

test('the longest common beginning of the same owner is gone on with; a copy leaves the other one whole', async () => {
  const caches = newCaches(Infinity)
  const first = caches.take('a', many(0, 10))
  read(first, many(0, 10))
  caches.giveBack(first)
  expect(caches.take('b', many(0, 10)).length).toBe(0)
  // Cut: it keeps more than it loses.
  expect(caches.take('a', [...many(0, 8), 50])).toBe(first)
  expect(first.tokens).toEqual(many(0, 8))
  read(first, many(100, 200))
  caches.giveBack(first)
  const second = caches.take('a', [...many(0, 6), 70])
  expect(second).not.toBe(first)
  expect(second.tokens).toEqual(many(0, 6))
  expect(first.length).toBe(208)
  read(second, [70, 71])
  expect((await contents(second)).keys).toEqual(Array.from({ length: 8 }, () => [...many(0, 6), 70, 71]))
  expect((await contents(second)).values[1]).toEqual(
    [...many(0, 6), 70, 71].flatMap((token) => Array(4).fill(token)),
  )
  expect((await contents(first)).keys[5]).toEqual([...many(0, 8), ...many(100, 200)])
})

/** A turn: takes a cache, reads tokens into it and gives it back; how many tokens it knew. */
function used(caches: KeptCaches, owner: string, tokens: readonly number[], more: readonly number[]): number {
  const cache = caches.take(owner, tokens)
  const known = cache.length
  read(cache, more)
  caches.giveBack(cache)
  return known
}

test('what is in use is neither dropped, nor cut, nor given to another: that one gets a copy', () => {
  const caches = newCaches(0)
  const first = caches.take('a', many(0, 10))
  read(first, many(0, 10))
  const second = caches.take('a', many(0, 10))
  expect(second).not.toBe(first)
  expect(second.tokens).toEqual(first.tokens)
  read(second, [10])
  expect(first.length).toBe(10)
  caches.giveBack(second)
  expect(caches.take('a', many(0, 11))).toBe(second)
  caches.giveBack(first)
})

test('memory is counted, and the least used cache goes when it is over the budget', () => {
  const caches = newCaches(2 * bytesOfStep)
  for (const [owner, start] of [
    ['a', 0],
    ['a', 500],
    ['b', 0],
  ] as const)
    used(caches, owner, [start], many(start, 20))
  expect(caches.bytes).toBe(2 * bytesOfStep)
  expect(used(caches, 'a', many(0, 20), many(0, 20))).toBe(0)
  // Used again, the oldest is now the newest.
  expect(used(caches, 'b', many(0, 20), [])).toBe(20)
  expect(used(caches, 'a', many(500, 20), [])).toBe(0)
  const large = caches.take('b', many(0, 20))
  read(large, many(20, 400))
  caches.giveBack(large)
  // The last one stays even where it is larger than all there may be.
  expect(caches.bytes).toBe(4 * bytesOfStep)
  expect(used(caches, 'a', many(0, 20), [])).toBe(0)
  caches.limit(0)
  expect(caches.bytes).toBeLessThanOrEqual(4 * bytesOfStep)
})
