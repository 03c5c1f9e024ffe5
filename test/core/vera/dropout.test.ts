import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import { layerForwardGraph } from '../../../src-main/core/training/layer-graphs.ts'
import { declareDropout, dropoutFeeds, type Dropout } from '../../../src-main/core/vera/dropout.ts'
import { layerLayout, layoutVera } from '../../../src-main/core/vera/layout.ts'
import { runGraph } from '../graph/run-graph.ts'
import { llamaConfig } from './llama-config.ts'

const config = llamaConfig({})
const layout = layoutVera(config, { rank: 2, targets: ['q_proj', 'down_proj'], layers: [0] })
const [q, down] = layout.sites
const tokens = 512
const draw: Dropout = { rate: 0.2, seed: 7, step: 3, batch: 1 }

/** A module's mask over ones, `[tokens, in]`. */
async function maskOf(site: typeof q, dropout: Dropout, layer = 0): Promise<Float32Array> {
  const { module = '', inFeatures = 0 } = site ?? {}
  const g = new GraphBuilder('dropout')
  const x = g.input('x', 'float32', ['N', inFeatures])
  g.output(declareDropout(g, layout, dropout.rate)(g, module, x), 'y')
  const { y } = await runGraph(g.finish(), {
    ...dropoutFeeds(layout, layer, tokens, dropout),
    x: { data: new Float32Array(tokens * inFeatures).fill(1), shape: [tokens, inFeatures] },
  })
  return y ?? new Float32Array(0)
}

const share = (values: ArrayLike<number>): number =>
  Array.from(values).filter((value) => value === 0).length / values.length

describe('the mask', () => {
  test('drops the asked share, and keeps the mean', async () => {
    for (const rate of [0.05, 0.2, 0.5, 0.9]) {
      const mask = await maskOf(q, { ...draw, rate })
      expect(mask).toHaveLength(tokens * 64)
      const kept = mask.find((value) => value !== 0)
      expect(kept).toBeCloseTo(1 / (1 - rate), 5)
      expect(new Set(mask).size).toBe(2)
      // Five standard deviations of the mean of 32,768 draws.
      expect(Math.abs(share(mask) - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / mask.length))
      const mean = mask.reduce((sum, value) => sum + value, 0) / mask.length
      expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(rate / (1 - rate) / mask.length))
    }
  })

  test('drops the asked share of every token and of every column', async () => {
    const mask = await maskOf(q, draw)
    const row = (n: number) => mask.subarray(n * 64, (n + 1) * 64)
    for (let n = 0; n < tokens; n++) expect(share(row(n))).toBeLessThan(0.2 + 6 * Math.sqrt(0.16 / 64))
    for (let i = 0; i < 64; i++) {
      const column = Array.from({ length: tokens }, (_, n) => mask[n * 64 + i] ?? 1)
      expect(Math.abs(share(column) - 0.2)).toBeLessThan(6 * Math.sqrt(0.16 / tokens))
    }
  })

  test('is the same for the same draw, and another for another step, batch, seed, layer or module', async () => {
    const mask = await maskOf(q, draw)
    expect(await maskOf(q, { ...draw })).toEqual(mask)
    const others = [
      await maskOf(q, { ...draw, step: 4 }),
      await maskOf(q, { ...draw, batch: 2 }),
      await maskOf(q, { ...draw, seed: 8 }),
      await maskOf(q, draw, 1),
      (await maskOf(down, draw)).filter((_, place) => place % 160 < 64),
    ]
    for (const other of others) {
      // Independent masks agree by chance in 0.8² + 0.2² of the places.
      const same = mask.filter((value, place) => (value === 0) === (other[place] === 0)).length / mask.length
      expect(Math.abs(same - 0.68)).toBeLessThan(0.02)
    }
  })
})

test('without dropout the graph is the plain one, and A x is shared again', () => {
  const adapter = layerLayout(
    layoutVera(config, { rank: 2, targets: ['q_proj', 'k_proj', 'v_proj'], layers: null }),
    0,
    (kind) => `layer.self_attn.${kind}`,
  )
  const graph = (dropoutRate: number) =>
    layerForwardGraph({
      config,
      rows: 1,
      adapter,
      dropoutRate,
      keep: false,
      arithmetic: null,
      formats: new Map(),
    })
  const names = (rate: number) => graph(rate).inputs.map(({ name }) => name)
  const takingA = (rate: number) =>
    graph(rate).nodes.filter(({ inputs }) => inputs.some(({ name }) => name.startsWith('vera.A'))).length
  expect(names(0).some((name) => name.startsWith('dropout'))).toBe(false)
  expect([takingA(0), takingA(0.1)]).toEqual([1, 3])
})
