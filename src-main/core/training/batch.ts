import type { LlamaConfig } from '../llama/config.ts'
import { hiddenScore } from '../llama/layer.ts'
import {
  type ExampleSpan,
  type PackedBatch,
  type PackedRow,
  paddingSegment,
  sharedSegment,
} from './packing.ts'
import { maskRepeats } from './layer-graphs.ts'

/**
 * Tokens of `B` rows of equal length `T`, several examples packed into a row.
 * All arrays are `[B·T]`, row after row.
 */
export interface Batch {
  readonly rows: number
  readonly ids: Int32Array
  /** Within the example. */
  readonly positions: Int32Array
  /** Which example of its row a token belongs to; `sharedSegment` is seen by all of them, `paddingSegment` by none. */
  readonly segments: Int32Array
  /** The token to predict at this place; −1 where the loss counts nothing. */
  readonly labels: Int32Array
  /** Where the tokens of its examples stand; empty for tokens that come from no example. */
  readonly spans: readonly ExampleSpan[]
}

/** The places of a batch that have a label, in order. */
export function labelledPlaces({ labels }: Pick<Batch, 'labels'>): Int32Array {
  return Int32Array.from([...labels.keys()].filter((place) => (labels[place] ?? -1) >= 0))
}

/** Rows of a packed batch, side by side. */
export function batchOf({ rows, rowLength }: PackedBatch): Batch {
  const join = (part: (row: PackedRow) => Int32Array): Int32Array => {
    const joined = new Int32Array(rows.length * rowLength)
    rows.forEach((row, index) => joined.set(part(row), index * rowLength))
    return joined
  }
  return {
    rows: rows.length,
    ids: join((row) => row.ids),
    positions: join((row) => row.positions),
    segments: join((row) => row.segments),
    labels: join((row) => row.labels),
    spans: rows.flatMap((row, index) =>
      row.spans.map((span) => ({ ...span, place: span.place + index * rowLength })),
    ),
  }
}

/**
 * The additive attention mask `[copies, groups·T, T]` (see `maskRepeats`): a token sees itself, the earlier tokens of its
 * own segment and the shared beginning, as far back as the window reaches (in tokens, itself included). Repeated for
 * the heads in the order in which the decoder layer lays out its scores.
 */
export function attentionMask(
  config: LlamaConfig,
  batch: Pick<Batch, 'rows' | 'ids' | 'positions' | 'segments'>,
  window: number,
  fused = false,
): { data: Float32Array; shape: readonly number[] } {
  const T = batch.ids.length / batch.rows
  const { copies, groups: G } = maskRepeats(config, batch.rows, fused)
  const perRow = copies / batch.rows
  const data = new Float32Array(copies * G * T * T).fill(hiddenScore)
  const size = T * T
  for (let row = 0; row < batch.rows; row++) {
    const start = row * perRow * G * size
    for (let t = 0; t < T; t++) {
      const segment = batch.segments[row * T + t]
      const position = batch.positions[row * T + t] ?? 0
      for (let s = 0; s <= t; s++) {
        const seen = batch.segments[row * T + s]
        if (position - (batch.positions[row * T + s] ?? 0) >= window) continue
        if (seen === segment || (seen === sharedSegment && segment !== paddingSegment))
          data[start + t * T + s] = 0
      }
    }
    for (let copy = 1; copy < perRow * G; copy++) data.copyWithin(start + copy * size, start, start + size)
  }
  return { data, shape: [copies, G * T, T] }
}
