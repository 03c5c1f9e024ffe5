import { totalmem } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../contract/failure.ts'
import { sentence, type Sentence } from '../contract/sentence.ts'
import type { Drafting } from '../core/generation/drafting.ts'
import { KeptCaches } from '../core/generation/kept-caches.ts'
import { RowBatch } from '../core/generation/row-batch.ts'
import { SharedRow, SharedSteps } from '../core/generation/shared-steps.ts'
import type { TokenReader } from '../core/generation/token-reader.ts'
import { PlacedFeeds } from '../core/graph/placed-feeds.ts'
import type { Feeds, Runtime } from '../core/graph/runtime.ts'
import { BatchDecoder } from '../core/llama/batch-decoder.ts'
import { Decoder } from '../core/llama/decoder.ts'
import { DeviceKvCache } from '../core/llama/device-kv-cache.ts'
import { bytesOfToken, KvCache, type TokenCache } from '../core/llama/kv-cache.ts'
import { createTokenizer, type Tokenizer } from '../core/tokenizer/tokenizer.ts'
import { adapterFeeds } from '../core/vera/live-adapter.ts'
import { takesWholeProjections, withWholeProjections } from '../core/vera/whole-projections.ts'
import { openCacheDevice, type OpenCacheDevice } from './cache-device.ts'
import { DecoderSessions } from './decoder-sessions.ts'
import { FileWeights } from './file-weights.ts'
import { type ModelFolder, readModelFolder, weightsFile } from './model-folder.ts'
import type { Codecs } from './native-codecs.ts'
import type { OpenAdapter } from './open-adapter.ts'

/** Keys and values kept for the conversations of one model, at most; less on a machine with little memory. */
const keptCacheBytes = Math.min(2 ** 29, totalmem() / 8)
/** Those of texts that take their steps together, at most. */
const batchBytes = Math.min(2 ** 30, totalmem() / 8)

/** A text that is being read and answered. */
export interface OpenText {
  readonly reader: TokenReader
  /** The same, for those who read nothing else meanwhile. */
  readonly decoder: Decoder
  readonly drafting: Drafting
  /** What it read is kept for the next turn. */
  close(): Promise<void>
}

/** A model folder in use: its tokenizer, weights file and decoders, each opened when first needed. */
export class LoadedModel {
  readonly folder: ModelFolder
  readonly weights: FileWeights
  readonly #runtime: Runtime
  readonly #sessions: DecoderSessions
  readonly #caches: KeptCaches
  readonly #steps: SharedSteps
  /** Of texts in the fast arithmetic. */
  readonly #fastSteps: SharedSteps
  readonly #cacheBytes: number
  readonly #texts = new Set<Promise<void>>()
  #tokenizer: Tokenizer | null = null
  /** What the adapter used last feeds, where it is best fed from. */
  #adapterFeeds: { readonly identity: string; readonly placed: PlacedFeeds; readonly feeds: Feeds } | null =
    null
  #cacheDevice: OpenCacheDevice | null = null

  constructor(directory: string, runtime: Runtime, codecs: Codecs, cacheBytes = keptCacheBytes) {
    this.folder = readModelFolder(directory)
    const { model } = this.folder
    this.weights = new FileWeights(model, join(directory, weightsFile), codecs, runtime.mapFile)
    this.#runtime = runtime
    this.#sessions = new DecoderSessions(this.folder, runtime)
    this.#caches = new KeptCaches(() => this.#newCache(), cacheBytes)
    this.#cacheBytes = cacheBytes
    this.#steps = this.#newSteps(false)
    this.#fastSteps = this.#newSteps(true)
  }

  get tokenizer(): Tokenizer {
    if (this.folder.tokenizer === null) throw this.#withoutText(sentence`tokenizer`)
    this.#tokenizer ??= createTokenizer(this.folder.tokenizer)
    return this.#tokenizer
  }

  get chatTemplate(): string {
    if (this.folder.chatTemplate === null) throw this.#withoutText(sentence`chat template`)
    return this.folder.chatTemplate
  }

  /**
   * A text for this adapter (null: the base model). Of what was kept of others it knows the longest beginning of the
   * prompt. Several are read at once, steps taken together; on a device, one after the other.
   */
  async open(adapter: OpenAdapter | null, prompt: readonly number[] = [], fast = false): Promise<OpenText> {
    const done = await this.#enter()
    try {
      const ready = await this.#sessions.take(adapter?.live.layout ?? null, fast)
      const extra = adapter === null ? {} : await this.#feedsOf(adapter)
      const cache = this.#caches.take(`${fast ? 'fast ' : ''}${adapter?.identity ?? ''}`, prompt)
      const decoder = new Decoder(ready.session, this.weights, cache, extra)
      const group = adapter === null ? '' : adapter.group
      const steps = fast ? this.#fastSteps : this.#steps
      const row =
        cache instanceof KvCache && group !== null
          ? new SharedRow(steps, decoder, { cache, group, adapter: adapter?.live ?? null })
          : null
      let isOpen = true
      return {
        decoder,
        reader: row ?? decoder,
        drafting: ready.drafting,
        close: async () => {
          if (!isOpen) return
          isOpen = false
          await row?.leave()
          this.#caches.giveBack(cache)
          ready.giveBack()
          done()
        },
      }
    } catch (error) {
      done()
      throw error
    }
  }

  /** Limits what is kept of other texts; null is as much as without a limit of one's own. */
  limitCaches(bytes: number | null): void {
    this.#caches.limit(bytes ?? this.#cacheBytes)
  }

  /** Of the keys and values kept. */
  get cacheBytes(): number {
    return this.#caches.bytes
  }

  /** Steps that several texts took together, and how many texts in all. */
  get sharedSteps(): { readonly steps: number; readonly rows: number } {
    return this.#steps.taken
  }

  async close(): Promise<void> {
    while (this.#texts.size > 0) await Promise.all(this.#texts)
    await this.#steps.close()
    await this.#fastSteps.close()
    await this.#sessions.close()
    this.#caches.clear()
    this.#adapterFeeds?.placed.release()
    await this.#cacheDevice?.close()
    this.weights.close()
  }

  /** Call the returned function when the text is closed. */
  async #enter(): Promise<() => void> {
    const before = this.#runtime.deviceMemory === null ? [] : [...this.#texts]
    let done: () => void = () => {}
    const text = new Promise<void>((resolve) => (done = resolve)).then(() => void this.#texts.delete(text))
    this.#texts.add(text)
    await Promise.all(before)
    return done
  }

  #newSteps(fast: boolean): SharedSteps {
    const { config } = this.folder.model
    return new SharedSteps({
      openBatch: async (adapter) => {
        const session = await this.#sessions.openStep(adapter?.layout ?? null, fast)
        return new RowBatch(new BatchDecoder(session, this.weights), config, adapter)
      },
      turn: () => new Promise((resolve) => setImmediate(resolve)),
      maxPlaces: batchBytes / bytesOfToken(config),
    })
  }

  async #feedsOf({ identity, live }: OpenAdapter): Promise<Feeds> {
    const { blockArithmetic, deviceMemory } = this.#runtime
    if (takesWholeProjections(blockArithmetic)) return adapterFeeds(withWholeProjections(live))
    if (deviceMemory === null) return adapterFeeds(live)
    if (this.#adapterFeeds?.identity === identity) return this.#adapterFeeds.feeds
    this.#adapterFeeds?.placed.release()
    const placed = new PlacedFeeds(this.#runtime, 'half')
    const feeds = await placed.place(adapterFeeds(live))
    this.#adapterFeeds = { identity, placed, feeds }
    return feeds
  }

  #newCache(): TokenCache {
    const { config } = this.folder.model
    if (this.#runtime.deviceMemory === null) return new KvCache(config)
    this.#cacheDevice ??= openCacheDevice(config, this.#runtime)
    return new DeviceKvCache(config, this.#cacheDevice)
  }

  #withoutText(what: Sentence): Failure {
    return new Failure(
      'model-without-chat',
      sentence`The model ${this.folder.summary.name} has no ${what}, so it can't chat.`,
    )
  }
}
