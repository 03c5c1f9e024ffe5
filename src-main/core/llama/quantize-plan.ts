/** Which weights of a float model are quantised at import, and how exactly. */
import { isBlockFormat } from '../checkpoint/weight-formats.ts'
import { packedBlockSize } from '../checkpoint/block-weights.ts'
import type { WeightTensor } from './llama-checkpoint.ts'
import { outputName } from './tensor-names.ts'

/** How a matrix is to be stored: `w = scale · (q − 2^(bits−1)) + offset`. */
export interface BlockPlan {
  readonly bits: 4 | 8
  readonly hasOffsets: boolean
}

/** As Q4_1 and as Q8_0. */
const plans = { 4: { bits: 4, hasOffsets: true }, 8: { bits: 8, hasOffsets: false } } as const

/** They lose more by rounding than others, and every answer passes through them. */
const finer = new Set(['model.embed_tokens.weight', outputName])

/** Null for what stays as it is: vectors, rows that don't divide into blocks, and what is in blocks already. */
export function blockPlan({ name, format, shape }: WeightTensor, bits: 4 | 8): BlockPlan | null {
  const [, columns, ...more] = shape
  if (isBlockFormat(format) || columns === undefined || more.length > 0) return null
  if (columns % packedBlockSize !== 0) return null
  return finer.has(name) ? plans[8] : plans[bits]
}
