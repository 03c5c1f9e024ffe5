import { type Feeds, float32Data, type Session, type Tensor } from '../graph/runtime.ts'
import { type AttentionKind, attentionKinds } from './attention-kinds.ts'
import type { BatchCache } from './batch-cache.ts'
import type { LlamaConfig } from './config.ts'
import { hiddenScore } from './layer.ts'
import { rotaryFeeds } from './rope.ts'
import { embed, type WeightSource } from './weight-source.ts'

/** A model that takes a step of several texts at once, over a lowered `stepGraph`. */
export class BatchDecoder {
  readonly #session: Session
  readonly #weights: WeightSource
  readonly #kinds: readonly AttentionKind[]
  readonly #rotary: (positions: ArrayLike<number>) => Feeds

  constructor(session: Session, weights: WeightSource) {
    this.#session = session
    this.#weights = weights
    this.#kinds = attentionKinds(weights.model.config)
    this.#rotary = rotaryFeeds(this.#kinds)
  }

  /**
   * Reads one token of each row and gives the logits `[N, V]` after them.
   *
   * @param extra inputs that the graph has beside its own (the adapters')
   */
  async step(cache: BatchCache, tokens: readonly number[], extra: Feeds): Promise<Float32Array> {
    const { config } = this.#weights.model
    const N = tokens.length
    const feeds = cache.feeds()
    const results = await this.#session.run({
      ...extra,
      ...feeds,
      x: { data: embed(this.#weights, tokens), shape: [N, config.hiddenSize] },
      ...this.#rotary(cache.lengths),
      ...Object.fromEntries(
        this.#kinds.map(({ suffix, window }) => [`mask${suffix}`, stepMask(config, cache, window)] as const),
      ),
    })
    cache.append(results)
    return float32Data(results['logits'], 'logits')
  }

  close(): Promise<void> {
    return this.#session.close()
  }
}

/** `[K·N, 1, C+1]`: the filled part of each row, and the new token itself. */
function stepMask(
  { kvHeadCount: K }: LlamaConfig,
  { lengths, capacity }: BatchCache,
  window: number,
): Tensor {
  const S = capacity + 1
  const data = new Float32Array(lengths.length * K * S).fill(hiddenScore)
  lengths.forEach((length, row) => {
    const start = row * K * S
    data.fill(0, start + Math.max(0, length + 1 - window), start + length)
    data[start + capacity] = 0
    for (let head = 1; head < K; head++) data.copyWithin(start + head * S, start, start + S)
  })
  return { data, shape: [lengths.length * K, 1, S] }
}
