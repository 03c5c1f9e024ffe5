import { float32Data, type Runtime } from '../graph/runtime.ts'
import { SessionCache } from '../graph/session-cache.ts'
import { weightName } from '../llama/stored-model.ts'
import { formatName, type WeightFeeder } from '../llama/weight-feeds.ts'
import type { WeightSource } from '../llama/weight-source.ts'
import { outputLogitsGraph, outputSliceGraph } from './output-graphs.ts'

/** Rows of the output matrix in one slice: 4,096 · 576 float32 weights are 9 MB. */
const defaultSliceRows = 4096

export interface OutputLoss {
  /** Cross entropy of each row, nats: `[M]`. */
  readonly losses: Float64Array
  /** Cross entropy summed over the rows, nats. */
  readonly lossSum: number
  /** Of the summed loss, with respect to x: `[M, H]`; null if not wanted. */
  readonly gradient: Float32Array | null
}

/**
 * What a place predicts where it is to follow a distribution p over the vocabulary, not one label: all that the
 * divergence from it and its gradient need of p.
 */
export interface SoftTarget {
  /** Σ p[v] W[v]: `[H]` */
  readonly row: Float32Array
  /** Of p, nats. */
  readonly entropy: number
}

/**
 * The output layer and its cross entropy, slice by slice over the vocabulary, never holding all logits.
 *
 * With m the largest logit, S = Σ exp(l − m): loss = m + ln S − l[label], and
 * d loss / dx = (1/S) Σ exp(l − m) W − W[label]. Both sums are joined from slices with their own maxima, in
 * double precision, as an online softmax does (Milakov and Gimelshein, arXiv 1805.02867).
 *
 * For a soft target p the mean row Σ p W stands in the place of W[label]: the cross entropy to p is linear in it.
 * What is counted then is the divergence KL(p ‖ softmax l): the cross entropy less the entropy of p.
 */
export class OutputLayer {
  readonly #runtime: Runtime
  readonly #weights: WeightSource
  readonly #feeder: WeightFeeder
  readonly #sessions: SessionCache
  readonly #sliceRows: number
  #buffer = new Float32Array(0)

  constructor(runtime: Runtime, weights: WeightSource, feeder: WeightFeeder, sliceRows = defaultSliceRows) {
    this.#feeder = feeder
    this.#runtime = runtime
    this.#sessions = new SessionCache(runtime)
    this.#weights = weights
    this.#sliceRows = Math.min(sliceRows, weights.model.config.vocabularySize)
  }

  close(): Promise<void> {
    return this.#sessions.close()
  }

  /** x `[M, H]`, one label a row; the rows that have a soft target follow that. */
  async loss(
    x: Float32Array,
    labels: Int32Array,
    wantsGradient: boolean,
    soft: ReadonlyMap<number, SoftTarget> = new Map(),
  ): Promise<OutputLoss> {
    const { hiddenSize: H, logitCap } = this.#weights.model.config
    const { normalizer, expected } = await this.#sums(x, wantsGradient)
    const gradient = wantsGradient ? new Float32Array(expected.length) : null
    const read = new Float32Array(H)
    const name = weightName(this.#weights.model.config, 'lm_head')
    const losses = new Float64Array(labels.length)
    let lossSum = 0
    for (let m = 0; m < labels.length; m++) {
      const target = soft.get(m)
      if (target === undefined) this.#weights.read(name, read, labels[m] ?? 0)
      const row = target?.row ?? read
      const { value, slope } = capped(dot(x, m * H, row), logitCap)
      losses[m] = (normalizer[m] ?? 0) - (value + (target?.entropy ?? 0))
      lossSum += losses[m] ?? 0
      // The mean row under the softmax less the target's.
      if (gradient !== null)
        for (let i = 0; i < H; i++) gradient[m * H + i] = (expected[m * H + i] ?? 0) - slope * (row[i] ?? 0)
    }
    return { losses, lossSum, gradient }
  }

  /**
   * The model's own distribution at each row of x `[M, H]`, as targets; null where the model caps its logits, which
   * are not linear in W then: there is no row that stands for a distribution.
   */
  async softTargets(x: Float32Array): Promise<readonly SoftTarget[] | null> {
    const { hiddenSize: H, logitCap } = this.#weights.model.config
    if (logitCap !== undefined) return null
    const { normalizer, expected } = await this.#sums(x, true)
    return Array.from(normalizer, (logSum, m) => {
      const row = Float32Array.from(expected.subarray(m * H, (m + 1) * H))
      return { row, entropy: logSum - dot(x, m * H, row) }
    })
  }

  /** x `[M, H]` → all logits `[M, V]`. */
  async logits(x: Float32Array): Promise<Float32Array> {
    const { vocabularySize: V, hiddenSize: H } = this.#weights.model.config
    const M = x.length / H
    const name = weightName(this.#weights.model.config, 'lm_head')
    const logits = new Float32Array(M * V)
    for (let start = 0; start < V; start += this.#sliceRows) {
      const rows = Math.min(this.#sliceRows, V - start)
      const { feeds, session } = await this.#slice(name, start, rows, 'logits')
      const part = await session.run({ x: { data: x, shape: [M, H] }, ...feeds })
      const data = float32Data(part['logits'], 'logits')
      for (let m = 0; m < M; m++) logits.set(data.subarray(m * rows, (m + 1) * rows), m * V + start)
    }
    return logits
  }

  /** ln Σ exp l `[M]` and, if wanted, the mean row under the softmax `[M, H]`. */
  async #sums(x: Float32Array, wantsExpected: boolean) {
    const { vocabularySize: V, hiddenSize: H } = this.#weights.model.config
    const M = x.length / H
    const name = weightName(this.#weights.model.config, 'lm_head')
    const max = new Float64Array(M).fill(Number.NEGATIVE_INFINITY)
    const sum = new Float64Array(M)
    const weighted = new Float64Array(wantsExpected ? M * H : 0)
    for (let start = 0; start < V; start += this.#sliceRows) {
      const rows = Math.min(this.#sliceRows, V - start)
      const { feeds, session } = await this.#slice(
        name,
        start,
        rows,
        wantsExpected ? 'sums and rows' : 'sums',
      )
      const part = await session.run({ x: { data: x, shape: [M, H] }, ...feeds })
      const partMax = float32Data(part['max'], 'max')
      const partSum = float32Data(part['sum'], 'sum')
      for (let m = 0; m < M; m++) {
        const [before, here] = [max[m] ?? 0, partMax[m] ?? 0]
        const larger = Math.max(before, here)
        const [keep, take] = [Math.exp(before - larger), Math.exp(here - larger)]
        max[m] = larger
        sum[m] = (sum[m] ?? 0) * keep + (partSum[m] ?? 0) * take
        if (wantsExpected)
          addScaled(weighted, float32Data(part['weighted'], 'weighted'), m * H, H, keep, take)
      }
    }
    return {
      normalizer: max.map((largest, m) => largest + Math.log(sum[m] ?? 1)),
      expected: weighted.map((value, i) => value * (1 / (sum[Math.floor(i / H)] ?? 1))),
    }
  }

  /** A loaded graph of the slice and the weights it is fed with: rows `start` to `start + rows`. */
  async #slice(name: string, start: number, rows: number, wanted: 'logits' | 'sums' | 'sums and rows') {
    const { config } = this.#weights.model
    const part = { stored: name, shape: [rows, config.hiddenSize], firstRow: start }
    const buffer = (length: number) => {
      if (this.#buffer.length < length) this.#buffer = new Float32Array(length)
      return this.#buffer.subarray(0, length)
    }
    const { feeds, format } = await this.#feeder.feeds('weight', part, buffer)
    const slice = { rows, format, arithmetic: this.#runtime.blockArithmetic }
    const session = await this.#sessions.open(
      `${rows} ${formatName(format)} ${wanted}`,
      () =>
        wanted === 'logits'
          ? outputLogitsGraph(config, slice)
          : outputSliceGraph(config, wanted === 'sums and rows', slice),
      // A loss is a small difference of large logits, which 16 bits would round away.
      () => ({ exact: true }),
    )
    return { feeds, session }
  }
}

/** A logit after the model's cap, if it has one, and how it grows with the logit before. */
function capped(logit: number, cap: number | undefined): { value: number; slope: number } {
  if (cap === undefined) return { value: logit, slope: 1 }
  const share = Math.tanh(logit / cap)
  return { value: cap * share, slope: 1 - share * share }
}

/** target = keep · target + take · source, over one row. */
function addScaled(
  target: Float64Array,
  source: Float32Array,
  start: number,
  length: number,
  keep: number,
  take: number,
): void {
  for (let i = start; i < start + length; i++) target[i] = (target[i] ?? 0) * keep + (source[i] ?? 0) * take
}

function dot(a: Float32Array, start: number, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < b.length; i++) sum += (a[start + i] ?? 0) * (b[i] ?? 0)
  return sum
}
