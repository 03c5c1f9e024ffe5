/**
 * Projections in whole numbers of 16 bits: to answer with an adapter is mostly to read them, and they are half as large
 * so. They are drawn evenly from a range, which whole numbers cover as evenly: the error of a number is 1.5e-5 of what
 * numbers of the matrix are (root mean square), less than rounding activations costs.
 */
import { type BlockArithmetic, float32Data, type Tensor } from '../graph/runtime.ts'
import { projectionInput } from './adapted-linear.ts'
import { sitePart } from './layout.ts'
import type { LiveAdapter } from './live-adapter.ts'

type ProjectionFeeds = LiveAdapter['projectionFeeds']

interface WholeProjections {
  readonly feeds: ProjectionFeeds
  /** By the names of the feeds, what a whole number counts. */
  readonly steps: ReadonlyMap<string, number>
}

/** The largest whole number of 16 bits. */
const largest = 32_767

/** Adapters alike share their projections, and so what is made of them. */
const known = new WeakMap<ProjectionFeeds, WholeProjections>()

/** Whether graphs that multiply in this arithmetic take projections so; null is ONNX Runtime's own. */
export function takesWholeProjections(arithmetic: BlockArithmetic | null): boolean {
  return arithmetic === 'int8' || arithmetic === 'int16'
}

/**
 * The same adapter for graphs that take its projections so: `uint8 [rows, 2·columns]`, two bytes a number, and what a
 * number counts in λ_b. LoRA has none, and stays.
 */
export function withWholeProjections(adapter: LiveAdapter): LiveAdapter {
  const whole = known.get(adapter.projectionFeeds) ?? roundAll(adapter.projectionFeeds)
  known.set(adapter.projectionFeeds, whole)
  const stepOf = (matrix: 'A' | 'B', size: number, rank: number, set: number): number =>
    whole.steps.get(projectionInput(matrix, size, rank, set)) ?? 1
  const vectors = adapter.vectors.slice()
  for (const site of adapter.layout.sites) {
    const { inFeatures, outFeatures, rank, projectionSet } = site
    const { start, length } = sitePart(site, 'lambda_b') ?? { start: 0, length: 0 }
    const step = stepOf('A', inFeatures, rank, projectionSet) * stepOf('B', outFeatures, rank, projectionSet)
    for (let i = start; i < start + length; i++) vectors[i] = (vectors[i] ?? 0) * step
  }
  return { ...adapter, vectors, projectionFeeds: whole.feeds }
}

function roundAll(projectionFeeds: ProjectionFeeds): WholeProjections {
  const feeds: Record<string, Tensor> = {}
  const steps = new Map<string, number>()
  for (const [name, tensor] of Object.entries(projectionFeeds)) {
    const [rows = 0, columns = 0] = tensor.shape
    const values = float32Data(tensor, name)
    const step = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / largest
    const whole = Int16Array.from(values, (value) => Math.round(value / (step || 1)))
    feeds[name] = { data: new Uint8Array(whole.buffer), shape: [rows, 2 * columns] }
    steps.set(name, step)
  }
  return { feeds, steps }
}
