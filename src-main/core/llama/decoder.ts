import { type Feeds, float32Data, type Session, type StopSignal } from '../graph/runtime.ts'
import { type AttentionKind, attentionKinds } from './attention-kinds.ts'
import { commonLength, KvCache, type TokenCache } from './kv-cache.ts'
import { hiddenScore } from './layer.ts'
import { rotaryFeeds } from './rope.ts'
import { embed, type WeightSource } from './weight-source.ts'

/** Tokens of one run: long prompts go in pieces, so that a person can stop them. */
const pieceTokens = 256

/** One text that a model reads token by token and remembers, over a lowered `decoderGraph`. */
export class Decoder {
  readonly #session: Session
  readonly #weights: WeightSource
  readonly #kinds: readonly AttentionKind[]
  readonly #rotary: (positions: ArrayLike<number>) => Feeds
  readonly #cache: TokenCache
  readonly #extra: Feeds
  /** Nothing else takes its time: see `TokenReader`. */
  readonly isAlone = true

  /** @param extra inputs that the graph has beside the decoder's own (an adapter's) */
  constructor(
    session: Session,
    weights: WeightSource,
    cache: TokenCache = new KvCache(weights.model.config),
    extra: Feeds = {},
  ) {
    this.#session = session
    this.#weights = weights
    this.#kinds = attentionKinds(weights.model.config)
    this.#rotary = rotaryFeeds(this.#kinds)
    this.#cache = cache
    this.#extra = extra
  }

  /** Tokens whose keys and values are in the cache. */
  get length(): number {
    return this.#cache.length
  }

  /** Keeps the longest common beginning of the cache and `tokens`, and returns its length. */
  rewindTo(tokens: readonly number[]): number {
    const common = commonLength(this.#cache.tokens, tokens)
    this.truncate(common)
    return common
  }

  /** Forgets all tokens from place `length` on. */
  truncate(length: number): void {
    this.#cache.truncate(length)
  }

  /** Reads tokens and yields after each piece; the logits `[1, V]` are those of the last token. */
  read(tokens: readonly number[], signal?: StopSignal): AsyncGenerator<void, Float32Array> {
    return readInPieces(tokens, (piece) => this.logits(piece, [piece.length - 1], signal))
  }

  next(tokens: readonly number[]): Promise<Float32Array> {
    return this.logits(tokens, [...tokens.keys()])
  }

  /** Reads tokens in one run and gives the logits `[scored.length, V]` after the tokens at the places `scored`. */
  async logits(
    tokens: readonly number[],
    scored: readonly number[],
    signal?: StopSignal,
  ): Promise<Float32Array> {
    const { config } = this.#weights.model
    const [T, past] = [tokens.length, this.#cache.length]
    const feeds = {
      ...this.#extra,
      ...(await this.#cache.feeds()),
      x: { data: embed(this.#weights, tokens), shape: [T, config.hiddenSize] },
      ...this.#rotary(tokens.map((_, t) => past + t)),
      ...Object.fromEntries(
        this.#kinds.map(({ suffix, window }) => [`mask${suffix}`, this.#mask(T, window)] as const),
      ),
      scored: { data: BigInt64Array.from(scored, BigInt), shape: [scored.length] },
    }
    const results = await this.#session.run(feeds, signal)
    this.#cache.append(tokens, results)
    return float32Data(results['logits'], 'logits')
  }

  /** `[1, G·T, C+T]`: the filled part of the cache, then the new tokens up to each token itself. */
  #mask(T: number, window: number): { data: Float32Array; shape: readonly number[] } {
    const { headCount, kvHeadCount } = this.#weights.model.config
    const G = headCount / kvHeadCount
    const { capacity, length, firstPlace } = this.#cache
    const S = capacity + T
    const data = new Float32Array(G * T * S).fill(hiddenScore)
    for (let t = 0; t < T; t++) {
      // The first place in sight, counted over the filled cache and the new tokens.
      const first = Math.max(0, length + t + 1 - window)
      const row = t * S + firstPlace
      data.fill(0, row + Math.min(first, length), row + length)
      data.fill(0, t * S + capacity + Math.max(0, first - length), t * S + capacity + t + 1)
    }
    for (let group = 1; group < G; group++) data.copyWithin(group * T * S, 0, T * S)
    return { data, shape: [1, G * T, S] }
  }
}

/** Reads a text piece by piece and yields after each; the last piece's result. */
export async function* readInPieces(
  tokens: readonly number[],
  read: (piece: readonly number[]) => Promise<Float32Array>,
): AsyncGenerator<void, Float32Array> {
  let logits: Float32Array = new Float32Array(0)
  for (let start = 0; start < tokens.length; start += pieceTokens) {
    if (start > 0) yield
    logits = await read(tokens.slice(start, start + pieceTokens))
  }
  return logits
}
