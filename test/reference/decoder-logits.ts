import type { Batch } from '../../src-main/core/training/batch.ts'
import type { LiveAdapter } from '../../src-main/core/vera/live-adapter.ts'
import type { LoadedModel } from '../../src-main/engine/loaded-model.ts'
import type { OpenAdapter } from '../../src-main/engine/open-adapter.ts'

/** Adapters get a number each, so that no decoder takes one's keys and values for another's. */
const identities = new WeakMap<LiveAdapter, string>()
let adapters = 0

/**
 * The logits of a batch's tokens, `[tokens, V]` without the padding, in exact arithmetic: row by row through the
 * decoder with its cache, in two pieces; positions start where the row's tokens do.
 */
export async function decoderLogits(
  model: LoadedModel,
  batch: Batch,
  adapter: LiveAdapter | null = null,
): Promise<Float32Array> {
  const { decoder, close } = await model.open(adapter && identified(adapter))
  const length = batch.ids.length / batch.rows
  const results: Float32Array[] = []
  for (let row = 0; row < batch.rows; row++) {
    const ids = [...batch.ids.subarray(row * length, (row + 1) * length)].filter(
      (_, column) => (batch.segments[row * length + column] ?? -1) >= 0,
    )
    decoder.rewindTo([])
    const half = Math.ceil(ids.length / 2)
    for (const piece of [ids.slice(0, half), ids.slice(half)]) {
      if (piece.length > 0) results.push(await decoder.logits(piece, [...piece.keys()]))
    }
  }
  await close()
  const joined = new Float32Array(results.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of results) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

function identified(live: LiveAdapter): OpenAdapter {
  const identity = identities.get(live) ?? `adapter ${++adapters}`
  identities.set(live, identity)
  return { live, identity, group: null }
}
