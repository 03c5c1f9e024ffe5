/**
 * The shape of a Llama-class decoder, whatever file it came from.
 *
 * Legend used in every comment of this folder: `B` rows of a batch, `T` tokens of a row, `H` hiddenSize,
 * `D` headDim, `Q` query heads, `K` key/value heads, `V` vocabularySize, `P` past tokens in the KV cache.
 */

/** How rotary frequencies are stretched for contexts longer than the model was first trained on. */
export type RopeScaling =
  | { readonly type: 'none' }
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3'
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      /** In tokens. */
      readonly originalContextLength: number
    }

export interface LlamaConfig {
  readonly vocabularySize: number
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly layerCount: number
  readonly headCount: number
  readonly kvHeadCount: number
  readonly headDim: number
  readonly normEpsilon: number
  /** In tokens. */
  readonly contextLength: number
  readonly ropeTheta: number
  readonly ropeScaling: RopeScaling
  /** The output projection is the embedding matrix. */
  readonly tiedEmbeddings: boolean
  readonly attentionBias: boolean
  readonly mlpBias: boolean
}
