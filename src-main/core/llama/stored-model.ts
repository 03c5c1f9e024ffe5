/** How a model folder lays out its weights: `weights.bin` and, in `model.json`, where each tensor is in it. */
import type { LlamaConfig } from './config.ts'

/** A run of bytes in the weights file. */
export interface Extent {
  readonly offset: number
  readonly length: number
}

export type StoredWeight =
  | ({
      readonly kind: 'dense'
      readonly dtype: 'float32' | 'float16' | 'bfloat16'
      readonly shape: readonly number[]
    } & Extent)
  | {
      /** Blocks of 32 weights along a row, `w = scale · (q − 2^(bits−1)) + offset`. */
      readonly kind: 'blocks'
      readonly bits: 4 | 8
      readonly rows: number
      readonly columns: number
      /** uint8 `[rows, columns/32, 4·bits]`; of a byte's two 4-bit weights the low one comes first. */
      readonly quants: Extent
      /** float32 `[rows, columns/32]` */
      readonly scales: Extent
      /** float32 `[rows, columns/32]` */
      readonly offsets: Extent | null
    }

/** Tensor name as transformers gives it → its place. */
export interface StoredModel {
  readonly config: LlamaConfig
  readonly weights: Readonly<Record<string, StoredWeight>>
}

/** The weight of the output projection: the embeddings where they are tied. */
export function weightName(config: LlamaConfig, module: string): string {
  return module === 'lm_head' && config.tiedEmbeddings ? 'model.embed_tokens.weight' : `${module}.weight`
}
