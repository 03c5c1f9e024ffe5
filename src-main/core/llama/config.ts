/**
 * The shape of a Llama-class decoder, whatever file it came from.
 *
 * Legend used in every comment of this folder: `B` rows of a batch, `T` tokens of a row, `H` hiddenSize,
 * `D` headDim, `Q` query heads, `K` key/value heads, `V` vocabularySize, `P` past tokens in the KV cache.
 */
import type { Activation } from './activations.ts'

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
  | {
      readonly type: 'yarn'
      readonly factor: number
      /** In tokens. */
      readonly originalContextLength: number
      /** Turns within the original context above which a frequency is kept, and below which it is divided. */
      readonly betaFast: number
      readonly betaSlow: number
      /** Cosines and sines are multiplied by it. */
      readonly attentionFactor: number
      /** Whether the borders between kept and divided frequencies are whole numbers. */
      readonly truncate: boolean
    }
  | {
      readonly type: 'divisors'
      /** What each of the headDim / 2 frequencies is divided by. */
      readonly divisors: readonly number[]
      /** Cosines and sines are multiplied by it. */
      readonly attentionFactor: number
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
  /** Of the attention's four projections, or of all but the output's. */
  readonly attentionBias: boolean | 'qkv'
  readonly mlpBias: boolean
  /** RMS norms of each head's queries and keys before they are rotated; absent: none. */
  readonly queryKeyNorm?: boolean
  /** How many tokens back a token sees, itself included; absent: all. */
  readonly slidingWindow?: number
  /** The layers for which the window holds, while the others see everything; absent: it holds for all. */
  readonly windowedLayers?: readonly number[]
  /** The rotary base of those layers, whose frequencies are not scaled; absent: they rotate as the others do. */
  readonly windowedRopeTheta?: number
  /** Layers whose queries and keys are not rotated; absent: none. */
  readonly unrotatedLayers?: readonly number[]
  /** What the MLP's gate passes through; absent: SiLU. */
  readonly activation?: Activation
  /** RMS norms of what attention and MLP give, before it is added; absent: none. */
  readonly outputNorms?: boolean
  /** What embeddings are multiplied by; absent: 1. */
  readonly embeddingScale?: number
  /** What attention's scores are multiplied by; absent: 1/√headDim. */
  readonly scoreScale?: number
  /** Scores s become `cap · tanh(s / cap)`; absent: they stay. */
  readonly scoreCap?: number
  /** Likewise the logits. */
  readonly logitCap?: number
}
