import type { Feeds } from '../graph/runtime.ts'
import { BatchCache } from '../llama/batch-cache.ts'
import type { BatchDecoder } from '../llama/batch-decoder.ts'
import type { LlamaConfig } from '../llama/config.ts'
import type { KvCache } from '../llama/kv-cache.ts'
import type { LiveAdapter } from '../vera/live-adapter.ts'
import { RowVectors } from '../vera/row-vectors.ts'

/** A text of a batch. */
export interface BatchRow {
  readonly cache: KvCache
  readonly adapter: LiveAdapter | null
}

/** Texts that take their steps together; each keeps its cache, which gets what was read when it leaves. */
export class RowBatch<Row extends BatchRow> {
  readonly #decoder: BatchDecoder
  readonly #cache: BatchCache
  readonly #vectors: RowVectors | null
  readonly #rows: Row[] = []
  /** Of each row, the tokens read since it came. */
  readonly #read: number[][] = []

  /** @param adapter one of those that come; null where rows have none */
  constructor(decoder: BatchDecoder, config: LlamaConfig, adapter: LiveAdapter | null) {
    this.#decoder = decoder
    this.#cache = new BatchCache(config)
    this.#vectors = adapter === null ? null : new RowVectors(adapter)
  }

  get rows(): readonly Row[] {
    return this.#rows
  }

  /** How many tokens a row holds. */
  lengthOf(row: Row): number {
    return this.#cache.lengths[this.#rows.indexOf(row)] ?? 0
  }

  async add(row: Row): Promise<void> {
    await this.#cache.add(row.cache)
    this.#vectors?.add(row.adapter)
    this.#rows.push(row)
    this.#read.push([])
  }

  /** The row's cache holds all that it read then. */
  remove(row: Row): void {
    const at = this.#rows.indexOf(row)
    const read = this.#read[at]
    if (read === undefined) return
    row.cache.append(read, this.#cache.taken(at, row.cache.length))
    this.#cache.remove(at)
    this.#vectors?.remove(at)
    for (const list of [this.#rows, this.#read]) {
      const last = list.pop()
      if (at < list.length && last !== undefined) Object.assign(list, { [at]: last })
    }
  }

  /** Reads one token of each row, in their order; the logits `[V]` after each. */
  async step(tokens: readonly number[]): Promise<readonly Float32Array[]> {
    const extra: Feeds = this.#vectors?.feeds() ?? {}
    const logits = await this.#decoder.step(this.#cache, tokens, extra)
    this.#read.forEach((read, at) => read.push(tokens[at] ?? 0))
    const V = logits.length / tokens.length
    return tokens.map((_, at) => logits.subarray(at * V, (at + 1) * V))
  }

  close(): Promise<void> {
    return this.#decoder.close()
  }
}
