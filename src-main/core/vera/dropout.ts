/**
 * Dropout on what enters an adapter's branch (PEFT's `vera_dropout`, `lora_dropout`): each linear layer draws a mask
 * of its own, and what is kept is divided by the share that is kept, so that the mean stays.
 *
 * The mask is a function of counters, not of a state: element (n, i) of a layer is dropped where the 32-bit product
 * of a number of token n and an odd number of column i falls into the lowest share of its range (multiply-shift
 * hashing, Dietzfelbinger et al. 1997). A run that goes on draws what it would have drawn, and the backward graph
 * makes the mask again from the same few numbers instead of being handed it.
 */
import type { GraphBuilder } from '../graph/builder.ts'
import type { Value } from '../graph/graph.ts'
import * as op from '../graph/operators.ts'
import type { Feeds } from '../graph/runtime.ts'
import type { VeraLayout } from './layout.ts'

/** One draw of masks: the same numbers give the same masks. */
export interface Dropout {
  /** The share of the elements that is dropped, at least 0, less than 1. */
  readonly rate: number
  readonly seed: number
  /** Of the run, counted from 0. */
  readonly step: number
  /** Of the step. */
  readonly batch: number
}

/** x `[N, in]` of a module with the module's mask on it. */
export type DropoutOf = (g: GraphBuilder, module: string, x: Value) => Value

const rowsInput = 'dropout.rows'
const columnsInput = (module: string): string => `dropout.columns.${module}`

/** Declares `dropout.rows [N, 1]` and `dropout.columns.<module> [1, in]`, int32: see `dropoutFeeds`. */
export function declareDropout(g: GraphBuilder, layout: VeraLayout, rate: number): DropoutOf {
  const rows = g.input(rowsInput, 'int32', ['N', 1])
  const columns = new Map(
    layout.sites
      .filter((site) => site.rank > 0)
      .map(({ module, inFeatures }) => [module, g.input(columnsInput(module), 'int32', [1, inFeatures])]),
  )
  const threshold = -(2 ** 31) + Math.round(rate * 2 ** 32)
  return (g, module, x) => {
    const ofModule = columns.get(module)
    if (ofModule === undefined) return x
    const isKept = op.greaterOrEqual(g, op.mul(g, rows, ofModule), g.int32(threshold))
    return op.mul(g, op.mul(g, x, op.cast(g, isKept, 'float32')), g.float32(1 / (1 - rate)))
  }
}

/** The numbers of one layer's masks for `tokens` rows. */
export function dropoutFeeds(layout: VeraLayout, layer: number, tokens: number, dropout: Dropout): Feeds {
  const draw = hash(hash(hash(dropout.seed, dropout.step), dropout.batch), layer)
  const numbers = (count: number, key: number): Int32Array =>
    Int32Array.from({ length: count }, (_, index) => hash(key, index))
  const feeds: Record<string, Feeds[string]> = {
    [rowsInput]: { data: numbers(tokens, hash(draw, 0)), shape: [tokens, 1] },
  }
  layout.sites.forEach(({ module, inFeatures, rank }, index) => {
    if (rank === 0) return
    // Odd, so that a product takes every value for some token.
    const data = numbers(inFeatures, hash(draw, index + 1)).map((value) => value | 1)
    feeds[columnsInput(module)] = { data, shape: [1, inFeatures] }
  })
  return feeds
}

/** 32 bits out of a key and a counter: the finalizer of MurmurHash3 over their Weyl sum, twice. */
function hash(key: number, counter: number): number {
  return mix(mix(counter + Math.imul(key, 0x9e3779b9)) ^ key)
}

function mix(value: number): number {
  let mixed = value | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
