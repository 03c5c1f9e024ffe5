import { type Feeds, float32Data, type Runtime, type Session } from '../graph/runtime.ts'
import type { BlockFormat } from '../llama/lower-linear.ts'
import { weightName } from '../llama/stored-model.ts'
import { blockFeeds, type WeightSource } from '../llama/weight-source.ts'
import { outputSliceGraph } from './output-graphs.ts'

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
  readonly #sessions = new Map<string, Promise<Session>>()
  readonly #sliceRows: number
  #buffer = new Float32Array(0)

  constructor(runtime: Runtime, weights: WeightSource, sliceRows = defaultSliceRows) {
    this.#runtime = runtime
    this.#weights = weights
    this.#sliceRows = Math.min(sliceRows, weights.model.config.vocabularySize)
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).close()
    this.#sessions.clear()
  }

  /** x `[M, H]`, one label a row; the rows that have a soft target follow that. */
  async loss(
    x: Float32Array,
    labels: Int32Array,
    wantsGradient: boolean,
    soft: ReadonlyMap<number, SoftTarget> = new Map(),
  ): Promise<OutputLoss> {
    const H = this.#weights.model.config.hiddenSize
    const { normalizer, expected, labelLogits } = await this.#sums(x, labels, wantsGradient)
    let lossSum = 0
    const losses = new Float64Array(labels.length)
    for (let m = 0; m < labels.length; m++) {
      const target = soft.get(m)
      const logit = target === undefined ? (labelLogits[m] ?? 0) : dot(x, m * H, target.row) + target.entropy
      losses[m] = (normalizer[m] ?? 0) - logit
      lossSum += losses[m] ?? 0
    }
    return { losses, lossSum, gradient: wantsGradient ? this.#gradient(expected, labels, soft) : null }
  }

  /** The model's own distribution at each row of x `[M, H]`, as targets. */
  async softTargets(x: Float32Array): Promise<readonly SoftTarget[]> {
    const H = this.#weights.model.config.hiddenSize
    const { normalizer, expected } = await this.#sums(x, new Int32Array(x.length / H), true)
    return Array.from(normalizer, (logSum, m) => {
      const row = Float32Array.from(expected.subarray(m * H, (m + 1) * H))
      return { row, entropy: logSum - dot(x, m * H, row) }
    })
  }

  /** ln Σ exp l `[M]`, l[label] `[M]` and, if wanted, the mean row under the softmax `[M, H]`. */
  async #sums(x: Float32Array, labels: Int32Array, wantsExpected: boolean) {
    const { vocabularySize: V, hiddenSize: H } = this.#weights.model.config
    const M = labels.length
    const name = weightName(this.#weights.model.config, 'lm_head')
    const max = new Float64Array(M).fill(Number.NEGATIVE_INFINITY)
    const sum = new Float64Array(M)
    const weighted = new Float64Array(wantsExpected ? M * H : 0)
    const labelLogits = new Float64Array(M)
    for (let start = 0; start < V; start += this.#sliceRows) {
      const rows = Math.min(this.#sliceRows, V - start)
      const { feeds, format } = this.#slice(name, start, rows)
      const session = await this.#session(rows, format, wantsExpected)
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
    const row = new Float32Array(H)
    for (let m = 0; m < M; m++) {
      this.#weights.read(name, row, labels[m] ?? 0)
      labelLogits[m] = dot(x, m * H, row)
    }
    return {
      normalizer: max.map((largest, m) => largest + Math.log(sum[m] ?? 1)),
      expected: weighted.map((value, i) => value * (1 / (sum[Math.floor(i / H)] ?? 1))),
      labelLogits,
    }
  }

  /** Rows `start` to `start + rows` of the output matrix. */
  #slice(name: string, start: number, rows: number): { feeds: Feeds; format: BlockFormat } {
    const blocks = this.#runtime.blockArithmetic === null ? null : this.#weights.blocks(name, start, rows)
    if (blocks !== null) {
      return {
        feeds: blockFeeds('weight', blocks),
        format: { bits: blocks.bits, hasOffsets: blocks.offsets !== null },
      }
    }
    const H = this.#weights.model.config.hiddenSize
    if (this.#buffer.length < rows * H) this.#buffer = new Float32Array(rows * H)
    const data = this.#buffer.subarray(0, rows * H)
    this.#weights.read(name, data, start)
    return { feeds: { weight: { data, shape: [rows, H] } }, format: null }
  }

  #session(rows: number, format: BlockFormat, wantsGradient: boolean): Promise<Session> {
    const key = `${rows} ${wantsGradient} ${format?.bits} ${format?.hasOffsets}`
    const known = this.#sessions.get(key)
    if (known !== undefined) return known
    const slice = { rows, format, arithmetic: this.#runtime.blockArithmetic }
    const opened = this.#runtime.open(outputSliceGraph(this.#weights.model.config, wantsGradient, slice))
    this.#sessions.set(key, opened)
    return opened
  }

  /** The mean row under the softmax less the target's. */
  #gradient(expected: Float64Array, labels: Int32Array, soft: ReadonlyMap<number, SoftTarget>): Float32Array {
    const { config } = this.#weights.model
    const { hiddenSize: H } = config
    const gradient = new Float32Array(expected.length)
    const read = new Float32Array(H)
    for (let m = 0; m < labels.length; m++) {
      const target = soft.get(m)
      if (target === undefined) this.#weights.read(weightName(config, 'lm_head'), read, labels[m] ?? 0)
      const row = target?.row ?? read
      for (let i = 0; i < H; i++) gradient[m * H + i] = (expected[m * H + i] ?? 0) - (row[i] ?? 0)
    }
    return gradient
  }
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
