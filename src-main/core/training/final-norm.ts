import { float32Data, type Runtime, type Session } from '../graph/runtime.ts'
import type { WeightSource } from '../llama/weight-source.ts'
import { finalNormBackwardGraph, finalNormForwardGraph } from './output-graphs.ts'

/** The norm between the last layer and the output layer. */
export class FinalNorm {
  readonly #forward: Session
  readonly #backward: Session
  readonly #scale: Float32Array

  private constructor(weights: WeightSource, forward: Session, backward: Session) {
    this.#forward = forward
    this.#backward = backward
    this.#scale = new Float32Array(weights.model.config.hiddenSize)
    weights.read('model.norm.weight', this.#scale)
  }

  static async open(runtime: Runtime, weights: WeightSource): Promise<FinalNorm> {
    const { config } = weights.model
    const forward = await runtime.open(finalNormForwardGraph(config))
    return new FinalNorm(weights, forward, await runtime.open(finalNormBackwardGraph(config)))
  }

  /** x `[M, H]` → `[M, H]` */
  async forward(x: Float32Array): Promise<Float32Array> {
    const { y } = await this.#forward.run({ x: this.#rows(x), ...this.#weight() })
    return float32Data(y, 'y')
  }

  /** The gradient at x, given that at the result: `[M, H]` each. */
  async backward(x: Float32Array, gradient: Float32Array): Promise<Float32Array> {
    const feeds = { x: this.#rows(x), dy: this.#rows(gradient), ...this.#weight() }
    const { dx } = await this.#backward.run(feeds)
    return float32Data(dx, 'dx')
  }

  async close(): Promise<void> {
    await this.#forward.close()
    await this.#backward.close()
  }

  #rows(data: Float32Array) {
    const H = this.#scale.length
    return { data, shape: [data.length / H, H] }
  }

  #weight() {
    return { 'model.norm.weight': { data: this.#scale, shape: [this.#scale.length] } }
  }
}
