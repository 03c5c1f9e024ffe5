import { createHash } from 'node:crypto'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../contract/failure.ts'
import { PlacedFeeds } from '../core/graph/placed-feeds.ts'
import type { Feeds, Runtime, Session } from '../core/graph/runtime.ts'
import { Drafting } from '../core/generation/drafting.ts'
import { KeptCaches } from '../core/generation/kept-caches.ts'
import { decoderGraph, lowerToStored } from '../core/llama/decoder-graph.ts'
import { Decoder } from '../core/llama/decoder.ts'
import { cacheOutputs, cutGraph, DeviceKvCache } from '../core/llama/device-kv-cache.ts'
import { KvCache, type TokenCache } from '../core/llama/kv-cache.ts'
import { createTokenizer, type Tokenizer } from '../core/tokenizer/tokenizer.ts'
import { adaptGraph } from '../core/vera/adapted-linear.ts'
import type { VeraLayout } from '../core/vera/layout.ts'
import { adapterFeeds } from '../core/vera/live-adapter.ts'
import { FileWeights } from './file-weights.ts'
import { type ModelFolder, readModelFolder, weightsFile } from './model-folder.ts'
import type { Codecs } from './native-codecs.ts'
import type { OpenAdapter } from './open-adapter.ts'

/** Keys and values kept for the conversations of one model, at most; less on a machine with little memory. */
const keptCacheBytes = Math.min(2 ** 29, totalmem() / 8)
/** Sessions of one model kept ready: with and without an adapter. */
const maxDecoders = 2

interface ReadyDecoder {
  readonly key: string
  readonly decoder: Decoder
  /** Knows what its steps cost. */
  readonly drafting: Drafting
}

/** A model folder in use: its tokenizer, weights file and decoders, each opened when first needed. */
export class LoadedModel {
  readonly folder: ModelFolder
  readonly weights: FileWeights
  readonly #runtime: Runtime
  readonly #decoders: ReadyDecoder[] = []
  readonly #caches: KeptCaches
  #tokenizer: Tokenizer | null = null
  /** What the adapter used last feeds, where it is best fed from. */
  #adapterFeeds: { readonly identity: string; readonly placed: PlacedFeeds; readonly feeds: Feeds } | null =
    null
  /** Cuts caches on the device. */
  #cutter: Promise<Session> | null = null
  #turn: Promise<unknown> = Promise.resolve()

  constructor(directory: string, runtime: Runtime, codecs: Codecs, cacheBytes = keptCacheBytes) {
    this.folder = readModelFolder(directory)
    this.weights = new FileWeights(this.folder.model, join(directory, weightsFile), codecs, runtime.mapFile)
    this.#runtime = runtime
    this.#caches = new KeptCaches(() => this.#newCache(), cacheBytes)
  }

  get tokenizer(): Tokenizer {
    if (this.folder.tokenizer === null) throw this.#withoutText('a tokenizer')
    this.#tokenizer ??= createTokenizer(this.folder.tokenizer)
    return this.#tokenizer
  }

  get chatTemplate(): string {
    if (this.folder.chatTemplate === null) throw this.#withoutText('a chat template')
    return this.folder.chatTemplate
  }

  /** Waits until the decoders are free; call the returned function when done with them. */
  async takeTurn(): Promise<() => void> {
    const before = this.#turn
    let done: () => void = () => {}
    this.#turn = new Promise<void>((resolve) => (done = resolve))
    await before
    return () => {
      // What the turn added counts from now on, and no decoder holds on to what is evicted.
      for (const { decoder } of this.#decoders) decoder.use(this.#newCache())
      this.#caches.evict()
      done()
    }
  }

  /**
   * A decoder for this adapter (null: the base model) and the inputs it needs; only within one's turn. Of what was
   * kept of other turns it knows the longest beginning of the prompt.
   */
  async decoder(
    adapter: OpenAdapter | null,
    prompt: readonly number[] = [],
  ): Promise<{ decoder: Decoder; drafting: Drafting; extra: Feeds }> {
    const layout = adapter?.live.layout ?? null
    const key = layout === null ? '' : hashLayout(layout)
    const ready = this.#decoders.find((known) => known.key === key) ?? (await this.#openDecoder(key, layout))
    const { decoder, drafting } = ready
    decoder.use(this.#caches.take(adapter?.identity ?? '', prompt))
    return { decoder, drafting, extra: adapter === null ? {} : await this.#feedsOf(adapter) }
  }

  /** Of the keys and values kept. */
  get cacheBytes(): number {
    return this.#caches.bytes
  }

  async close(): Promise<void> {
    const done = await this.takeTurn()
    for (const { decoder } of this.#decoders.splice(0)) await decoder.close()
    this.#caches.clear()
    this.#adapterFeeds?.placed.release()
    await (await this.#cutter)?.close()
    this.weights.close()
    done()
  }

  async #openDecoder(key: string, layout: VeraLayout | null): Promise<ReadyDecoder> {
    if (this.#decoders.length >= maxDecoders) await this.#decoders.shift()?.decoder.close()
    const { model, directory } = this.folder
    const isJoined = this.#runtime.deviceMemory !== null
    const plain = decoderGraph(model, weightsFile, isJoined)
    const adapted = layout === null ? plain : adaptGraph(plain, layout)
    const graph = lowerToStored(adapted, model, weightsFile, this.#runtime.blockArithmetic)
    const staying = isJoined ? cacheOutputs(model.config) : []
    const session = await this.#runtime.open(graph, { weightsDirectory: directory, staying })
    const drafting = new Drafting(() => performance.now())
    const ready = { key, decoder: new Decoder(session, this.weights, this.#newCache()), drafting }
    this.#decoders.push(ready)
    return ready
  }

  async #feedsOf({ identity, live }: OpenAdapter): Promise<Feeds> {
    if (this.#adapterFeeds?.identity === identity) return this.#adapterFeeds.feeds
    this.#adapterFeeds?.placed.release()
    const placed = new PlacedFeeds(this.#runtime)
    const feeds = await placed.place(adapterFeeds(live))
    this.#adapterFeeds = { identity, placed, feeds }
    return feeds
  }

  #newCache(): TokenCache {
    const { config } = this.folder.model
    if (this.#runtime.deviceMemory === null) return new KvCache(config)
    const staying = ['cut.keys', 'cut.values']
    return new DeviceKvCache(
      config,
      () => (this.#cutter ??= this.#runtime.open(cutGraph(config), { staying })),
    )
  }

  #withoutText(what: string): Failure {
    return new Failure(
      'model-without-chat',
      `The model ${this.folder.summary.name} has no ${what.slice(2)}, so it can't chat.`,
    )
  }
}

function hashLayout(layout: VeraLayout): string {
  return createHash('sha256').update(JSON.stringify(layout)).digest('hex')
}
