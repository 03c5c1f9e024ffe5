import { float32Data, type Runtime, type Session } from '../graph/runtime.ts'
import { weightName } from '../llama/stored-model.ts'
import type { WeightSource } from '../llama/weight-source.ts'
import { outputSliceGraph } from './output-graphs.ts'

/** Rows of the output matrix in one slice: 4,096 · 576 float32 weights are 9 MB. */
const defaultSliceRows = 4096

export interface OutputLoss {
  /** Cross entropy summed over the rows, nats. */
  readonly lossSum: number
  /** Of the summed loss, with respect to x: `[M, H]`; null if not wanted. */
  readonly gradient: Float32Array | null
}

/**
 * The output layer and its cross entropy, slice by slice over the vocabulary, never holding all logits.
 *
 * With m the largest logit, S = Σ exp(l − m): loss = m + ln S − l[label], and
 * d loss / dx = (1/S) Σ exp(l − m) W − W[label]. Both sums are joined from slices with their own maxima, in
 * double precision, as an online softmax does (Milakov and Gimelshein, arXiv 1805.02867).
 */
export class OutputLayer {
  readonly #weights: WeightSource
  readonly #lossOnly: Session
  readonly #withGradient: Session
  readonly #sliceRows: number
  readonly #slice: Float32Array

  private constructor(weights: WeightSource, lossOnly: Session, withGradient: Session, sliceRows: number) {
    this.#weights = weights
    this.#lossOnly = lossOnly
    this.#withGradient = withGradient
    const { vocabularySize, hiddenSize } = weights.model.config
    this.#sliceRows = Math.min(sliceRows, vocabularySize)
    this.#slice = new Float32Array(this.#sliceRows * hiddenSize)
  }

  static async open(
    runtime: Runtime,
    weights: WeightSource,
    sliceRows = defaultSliceRows,
  ): Promise<OutputLayer> {
    const { config } = weights.model
    const lossOnly = await runtime.open(outputSliceGraph(config, false))
    const withGradient = await runtime.open(outputSliceGraph(config, true))
    return new OutputLayer(weights, lossOnly, withGradient, sliceRows)
  }

  async close(): Promise<void> {
    await this.#lossOnly.close()
    await this.#withGradient.close()
  }

  /** x `[M, H]`, one label a row. */
  async loss(x: Float32Array, labels: Int32Array, wantsGradient: boolean): Promise<OutputLoss> {
    const { vocabularySize: V, hiddenSize: H } = this.#weights.model.config
    const M = labels.length
    const name = weightName(this.#weights.model.config, 'lm_head')
    const max = new Float64Array(M).fill(Number.NEGATIVE_INFINITY)
    const sum = new Float64Array(M)
    const weighted = new Float64Array(wantsGradient ? M * H : 0)
    const labelLogits = new Float64Array(M)
    for (let start = 0; start < V; start += this.#sliceRows) {
      const rows = Math.min(this.#sliceRows, V - start)
      const weight = this.#slice.subarray(0, rows * H)
      this.#weights.read(name, weight, start)
      const session = wantsGradient ? this.#withGradient : this.#lossOnly
      const part = await session.run({
        x: { data: x, shape: [M, H] },
        weight: { data: weight, shape: [rows, H] },
      })
      const partMax = float32Data(part['max'], 'max')
      const partSum = float32Data(part['sum'], 'sum')
      for (let m = 0; m < M; m++) {
        const [before, here] = [max[m] ?? 0, partMax[m] ?? 0]
        const larger = Math.max(before, here)
        const [keep, take] = [Math.exp(before - larger), Math.exp(here - larger)]
        max[m] = larger
        sum[m] = (sum[m] ?? 0) * keep + (partSum[m] ?? 0) * take
        if (wantsGradient)
          addScaled(weighted, float32Data(part['weighted'], 'weighted'), m * H, H, keep, take)
        const label = (labels[m] ?? 0) - start
        if (label >= 0 && label < rows) labelLogits[m] = dot(x, m * H, weight, label * H, H)
      }
    }
    let lossSum = 0
    for (let m = 0; m < M; m++) lossSum += (max[m] ?? 0) + Math.log(sum[m] ?? 1) - (labelLogits[m] ?? 0)
    return { lossSum, gradient: wantsGradient ? this.#gradient(weighted, sum, labels, name) : null }
  }

  /** weighted / S − W[label] */
  #gradient(weighted: Float64Array, sum: Float64Array, labels: Int32Array, name: string): Float32Array {
    const H = this.#weights.model.config.hiddenSize
    const gradient = new Float32Array(weighted.length)
    const row = new Float32Array(H)
    for (let m = 0; m < labels.length; m++) {
      this.#weights.read(name, row, labels[m] ?? 0)
      const scale = 1 / (sum[m] ?? 1)
      for (let i = 0; i < H; i++) gradient[m * H + i] = (weighted[m * H + i] ?? 0) * scale - (row[i] ?? 0)
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

function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += (a[aStart + i] ?? 0) * (b[bStart + i] ?? 0)
  return sum
}
