import { readdirSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { LlamaConfig } from '../../src-main/core/llama/config.ts'
import { LINEAR_KINDS } from '../../src-main/core/llama/linear-kinds.ts'
import type { Batch } from '../../src-main/core/training/batch.ts'
import type { TrainingPass } from '../../src-main/core/training/loss-gradient.ts'
import { namedParts } from '../../src-main/core/vera/adapter-tensors.ts'
import { layoutVera, type VeraLayout } from '../../src-main/core/vera/layout.ts'
import { type LiveAdapter, liveAdapter } from '../../src-main/core/vera/live-adapter.ts'
import { projectionsOf } from '../../src-main/core/vera/projections.ts'
import { readJson, Tensors } from './fixtures.ts'
import { equalWeights } from '../core/training/equal-weights.ts'

export const folderOf = (reference: string, variant: string): string => join(reference, 'tiny-llama', variant)

/** The model folders of the reference, by their names. */
export function variantsIn(reference: string): readonly string[] {
  const names = readdirSync(join(reference, 'tiny-llama')).toSorted()
  return names.filter((name) => existsSync(join(folderOf(reference, name), 'config.json')))
}

export const batchesIn = (reference: string): Tensors =>
  new Tensors(join(reference, 'tiny-llama', 'batches.safetensors'))

/** The batch for which adapters and GGUF files have logits, as the adapters' fixture says; else the README. */
export function adapterBatch(reference: string): string {
  const path = join(reference, 'peft-adapters', 'adapters.json')
  if (!existsSync(path)) return 'one'
  const { adapters } = readJson<{ readonly adapters: Readonly<Record<string, { readonly batch: string }>> }>(
    path,
  )
  return Object.values(adapters)[0]?.batch ?? 'one'
}

/** A batch of batches.safetensors; positions count from 0 at the first column, padded on either side. */
export function batchNamed(tensors: Tensors, name: string): Batch {
  return batchIn(tensors, `${name}/`)
}

/** The batch in the tensors `<prefix>input_ids`, `attention_mask` and `labels`. */
export function batchIn(tensors: Tensors, prefix: string): Batch {
  const [rows = 0, length = 0] = tensors.shape(`${prefix}input_ids`)
  const ids = tensors.integers(`${prefix}input_ids`)
  const attended = tensors.integers(`${prefix}attention_mask`)
  const labels = tensors.integers(`${prefix}labels`)
  const column = (place: number): number => place % length
  return {
    rows,
    ids: Int32Array.from(ids),
    positions: Int32Array.from(ids, (_, place) => column(place)),
    segments: Int32Array.from(attended, (value) => (value === 1 ? 0 : -1)),
    labels: Int32Array.from(ids, (_, place) =>
      column(place) === length - 1 ? -1 : Math.max(-1, labels[place + 1] ?? -1),
    ),
    spans: [],
  }
}

export const countLabels = (batch: Batch): number => batch.labels.filter((label) => label >= 0).length

/** Of the fixtures' LoRA adapters, as the README has it. */
const loraAlpha = 8

/** The layout of the adapter whose tensors are `<prefix>/base_model.model.<module>.…`. */
function layoutIn(tensors: Tensors, prefix: string, config: LlamaConfig): VeraLayout {
  const start = `${prefix}/base_model.model.model.layers.`
  const own = tensors.names.filter((name) => name.startsWith(start))
  const paths = own.map((name) => name.slice(start.length).split('.'))
  const ranked = own.find((name) => /\.(vera_lambda_d|lora_A\.weight)$/.test(name)) ?? ''
  return layoutVera(config, {
    method: ranked.endsWith('.vera_lambda_d') ? 'vera' : 'lora',
    alpha: loraAlpha,
    rank: tensors.shape(ranked)[0] ?? 0,
    targets: LINEAR_KINDS.filter((kind) => paths.some((path) => path.includes(kind))),
    layers: [...new Set(paths.map(([layer]) => Number(layer)))],
  })
}

/** Whether there are tensors of the layout under a prefix. */
export function holdsVectors(tensors: Tensors, prefix: string, layout: VeraLayout): boolean {
  return namedParts(layout, 'whole').some(({ tensorName }) => tensors.has(`${prefix}/${tensorName}`))
}

/** A flat vector in the layout's order out of tensors `<prefix>/base_model.model.<module>.…`. */
export function flatVector(tensors: Tensors, prefix: string, layout: VeraLayout): Float32Array {
  const flat = new Float32Array(layout.length)
  for (const { tensorName, start } of namedParts(layout, 'whole')) {
    flat.set(tensors.floats(`${prefix}/${tensorName}`), start)
  }
  return flat
}

/**
 * The fixtures' adapter of a model folder (its settings are the same in gradients and trajectories) with the
 * vectors `<prefix>/…` of `tensors` and the projections that the gradients' fixture holds.
 */
export function fixtureAdapter(
  reference: string,
  variant: string,
  config: LlamaConfig,
  tensors: Tensors,
  prefix: string,
): LiveAdapter {
  const layout = layoutIn(tensors, prefix, config)
  const vectors = flatVector(tensors, prefix, layout)
  if (layout.method === 'lora') return liveAdapter(layout, vectors, null)
  const gradients = new Tensors(join(reference, 'tiny-llama', 'grads', `vera_${variant}.safetensors`))
  const projections = projectionsOf(layout.rank, gradients.floats('vera_A'), gradients.floats('vera_B'))
  return liveAdapter(layout, vectors, projections)
}

export function gatherAttended(batch: Batch, values: Float32Array): Float32Array {
  const width = values.length / batch.ids.length
  const kept = [...batch.segments.keys()].filter((place) => (batch.segments[place] ?? -1) >= 0)
  const rows = new Float32Array(kept.length * width)
  kept.forEach((place, row) => rows.set(values.subarray(place * width, (place + 1) * width), row * width))
  return rows
}

/** Gradient and value of the mean loss over all labels of several batches. */
export async function meanGradient(
  pass: TrainingPass,
  adapter: LiveAdapter,
  batches: readonly Batch[],
): Promise<{ readonly gradient: Float32Array; readonly loss: number }> {
  const labels = batches.reduce((sum, batch) => sum + countLabels(batch), 0)
  const gradient = new Float32Array(adapter.layout.length)
  let lossSum = 0
  for (const batch of batches)
    lossSum += await pass.addGradient(batch, adapter, equalWeights(1 / labels), gradient)
  return { gradient, loss: lossSum / labels }
}
