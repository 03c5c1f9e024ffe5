import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Graph } from '../../src-main/core/graph/graph.ts'
import type { Feeds, Runtime } from '../../src-main/core/graph/runtime.ts'
import { LINEAR_KINDS } from '../../src-main/core/llama/linear-kinds.ts'
import { TrainingPass } from '../../src-main/core/training/loss-gradient.ts'
import { initialVectors } from '../../src-main/core/vera/initial-vectors.ts'
import { layoutVera, type PartName } from '../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../src-main/core/vera/projections.ts'
import { LoadedModel } from '../../src-main/engine/loaded-model.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { selfTest, selfTestFailure } from '../../src-main/engine/self-test.ts'
import { writeSelfTestModel } from '../../src-main/engine/self-test-model.ts'
import { deviceStandIn, processor } from './device-stand-in.ts'

const codecs = loadCodecs()
const directory = mkdtempSync(join(tmpdir(), 'veranda-half-'))
await writeSelfTestModel(directory, codecs)
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('chat and training in 16 bits come out as in float32, as far as 16 bits go', async () => {
  const device = deviceStandIn({ weightBytes: Infinity, halves: true })
  const errors = await selfTest(processor, device.runtime, codecs)
  expect(selfTestFailure(errors, true)).toBeNull()
  expect(errors.loss).toBeLessThan(2e-4)
  expect(errors.gradient).toBeLessThan(4e-3)
  expect(errors.logits).toBeLessThan(4e-3)
  // It was rounded, really.
  expect(errors.gradient).toBeGreaterThan(1e-4)
  expect(device.there.size).toBe(0)
  const typesOf = (graph: string, op: string) =>
    new Set(
      device.opened
        .filter(({ name }) => name === graph)
        .flatMap(({ nodes }) => nodes.filter((node) => node.op === op))
        .map(({ output }) => output.dtype),
    )
  for (const op of ['MatMul', 'MatMulNBits', 'RotaryEmbedding'])
    expect(typesOf('decoder', op), op).toEqual(new Set(['float16']))
  expect(typesOf('decoder', 'Softmax')).toEqual(new Set(['float32']))
  // Products with frozen weights, and the vectors' gradients.
  expect(typesOf('layer_backward', 'Gemm')).toEqual(new Set(['float16', 'float32']))
  expect(typesOf('output_slice', 'Gemm')).toEqual(new Set(['float32']))
})

test('weights, projections and the cache are held in 16 bits, and each graph is loaded once', async () => {
  const device = deviceStandIn({ weightBytes: Infinity, halves: true })
  await selfTest(processor, device.runtime, codecs)
  const [decoder, ...others] = device.opened.filter(({ name }) => name === 'decoder')
  expect(others).toEqual([])
  const halved = decoder?.inputs.flatMap(({ name, dtype }) => (dtype === 'float16' ? [name] : [])) ?? []
  expect(halved.filter((name) => /^(keys|values)\./.test(name))).toHaveLength(4)
  expect(halved.length).toBeGreaterThan(4)
  const layers = device.opened.filter(({ name }) => name.startsWith('layer_'))
  expect(layers.map(({ name }) => name).toSorted()).toEqual([
    'layer_backward',
    'layer_backward',
    'layer_forward',
  ])
})

const ids = Int32Array.from({ length: 24 }, (_, at) => (at * 7) % 96)
const batch = {
  rows: 2,
  ids,
  positions: ids.map((_, at) => at % 12),
  segments: new Int32Array(24),
  labels: ids.map((id, at) => (at % 3 === 0 ? id : -1)),
  spans: [],
}

/** Loss and gradient with the vectors of each part times a factor. */
async function gradientOn(runtime: Runtime, factors: Partial<Record<PartName, number>>) {
  const model = new LoadedModel(directory, runtime, codecs)
  const { config } = model.folder.model
  const layout = layoutVera(config, { method: 'vera', rank: 8, targets: LINEAR_KINDS, layers: null })
  const vectors = initialVectors(layout, 0.1).map((value, at) => value + 0.05 * Math.sin(at))
  for (const { name, start, length } of layout.sites.flatMap(({ parts }) => parts))
    for (let i = start; i < start + length; i++) vectors[i] = (vectors[i] ?? 0) * (factors[name] ?? 1)
  const pass = await TrainingPass.open(runtime, model.weights)
  const gradient = new Float32Array(layout.length)
  let weighed = 0
  const weigh = (losses: Float64Array) => (weighed++, losses.map(() => 1e-4))
  try {
    const live = liveAdapter(layout, vectors, projections({ ...layout, key: 0 }))
    const loss = await pass.addGradient(batch, live, weigh, gradient)
    return { loss, gradient, weighed }
  } finally {
    await pass.close()
    await model.close()
  }
}

function distance(a: Float32Array, b: Float32Array): number {
  return Math.hypot(...a.map((value, i) => value - (b[i] ?? 0))) / Math.hypot(...b)
}

test('a gradient that overflows 16 bits is taken again with a lower scale, and comes out the same', async () => {
  // What goes back through B is as large as λ_b, and λ_d makes forwards small what λ_b makes large.
  const factors = { lambda_b: 3e4, lambda_d: 3e-5 }
  let forwards = 0
  const refuse = ({ name }: Graph, feeds: Feeds | null) =>
    void (forwards += feeds !== null && name === 'layer_forward' ? 1 : 0)
  const device = deviceStandIn({ weightBytes: Infinity, halves: true, refuse })
  const found = await gradientOn(device.runtime, factors)
  const expected = await gradientOn(processor, factors)
  expect(forwards).toBe(2 * 2)
  expect(found.weighed).toBe(1)
  expect(distance(found.gradient, expected.gradient)).toBeLessThan(1e-2)
  expect(device.there.size).toBe(0)
  // In 16 bits to the end.
  expect(device.opened.filter(({ name }) => name === 'layer_forward')).toHaveLength(1)
})

test('what is too large for 16 bits forwards is computed in float32', async () => {
  const factors = { lambda_b: 3e6 }
  const device = deviceStandIn({ weightBytes: Infinity, halves: true })
  const found = await gradientOn(device.runtime, factors)
  const expected = await gradientOn(processor, factors)
  expect(found.loss / expected.loss).toBeCloseTo(1, 2)
  expect(found.gradient.every(Number.isFinite)).toBe(true)
  expect(device.opened.filter(({ name }) => name === 'layer_forward')).toHaveLength(2)
  expect(device.there.size).toBe(0)
})
