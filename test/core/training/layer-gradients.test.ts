import { describe, expect, test } from 'vitest'
import type { Graph } from '../../../src-main/core/graph/graph.ts'
import { float32Data, type Feeds, type Tensor } from '../../../src-main/core/graph/runtime.ts'
import { LINEAR_KINDS, linearKinds, linearPath } from '../../../src-main/core/llama/linear-kinds.ts'
import { inverseFrequencies, rotaryTables } from '../../../src-main/core/llama/rope.ts'
import { attentionMask } from '../../../src-main/core/training/batch.ts'
import {
  keptValues,
  layerBackwardGraph,
  layerForwardGraph,
  layerPrefix,
} from '../../../src-main/core/training/layer-graphs.ts'
import { projectionInput } from '../../../src-main/core/vera/adapted-linear.ts'
import { dropoutFeeds } from '../../../src-main/core/vera/dropout.ts'
import { layoutVera, type VeraLayout } from '../../../src-main/core/vera/layout.ts'
import { randn, TorchGenerator } from '../../../src-main/core/vera/random.ts'
import type { VeraTargets } from '../../../src-main/core/vera/targets.ts'
import { expectClose } from '../graph/close.ts'
import { finiteDifferences } from '../graph/finite-differences.ts'
import { runGraph, tensor, withSession } from '../graph/run-graph.ts'
import { llamaConfig } from '../vera/llama-config.ts'

/** Grouped queries, biases and a head width of its own: every kind of linear layer has another shape. */
const config = llamaConfig({
  hiddenSize: 8,
  intermediateSize: 12,
  layerCount: 1,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 4,
  attentionBias: true,
  mlpBias: true,
})
const rank = 3
const layout = inLayer(layoutVera(config, { rank, targets: LINEAR_KINDS, layers: null }))

/** Two rows of three tokens; the second row holds two examples. */
const batch = {
  rows: 2,
  ids: new Int32Array(6),
  positions: Int32Array.of(0, 1, 2, 0, 0, 1),
  segments: Int32Array.of(0, 0, 0, 0, 1, 1),
  labels: new Int32Array(6),
}

const options = (adapter: VeraLayout | null, keep = false, dropoutRate = 0) => ({
  config,
  rows: batch.rows,
  adapter,
  dropoutRate,
  keep,
  arithmetic: null,
  formats: new Map<string, never>(),
})

function inLayer(whole: VeraLayout): VeraLayout {
  const sites = whole.sites.flatMap((site) =>
    site.kind === 'lm_head' ? [] : [{ ...site, module: `${layerPrefix}.${linearPath(site.kind)}` }],
  )
  return { ...whole, sites }
}

const generator = new TorchGenerator(7)

/** Normal numbers, multiples of 2^-10 as the differences want them. */
function normal(shape: readonly number[], scale: number, mean = 0) {
  const length = shape.reduce((a, b) => a * b, 1)
  // PyTorch draws 16 or more numbers another way; drawn apart, a few more cost nothing.
  const drawn = randn(generator, Math.max(length, 16)).subarray(0, length)
  return tensor(
    shape,
    drawn.map((value) => Math.round((value * scale + mean) * 1024) / 1024),
  )
}

function allFeeds(): Feeds {
  const { hiddenSize: H, headDim: D } = config
  const { cos, sin } = rotaryTables(inverseFrequencies(config), batch.positions)
  const feeds: Record<string, ReturnType<typeof normal>> = {
    x: normal([6, H], 1),
    dy: normal([6, H], 1),
    cos: tensor([6, D / 2], cos),
    sin: tensor([6, D / 2], sin),
    mask: attentionMask(config, batch, Infinity),
    'vera.lambda': normal([layout.length], 0.5),
    [`${layerPrefix}.input_layernorm.weight`]: normal([H], 0.2, 1),
    [`${layerPrefix}.post_attention_layernorm.weight`]: normal([H], 0.2, 1),
  }
  for (const { kind, inFeatures, outFeatures } of linearKinds(config)) {
    const module = `${layerPrefix}.${linearPath(kind)}`
    feeds[`${module}.weight`] = normal([outFeatures, inFeatures], 0.4)
    feeds[`${module}.bias`] = normal([outFeatures], 0.2)
    feeds[projectionInput('A', inFeatures, rank)] ??= normal([rank, inFeatures], 0.5)
    feeds[projectionInput('B', outFeatures, rank)] ??= normal([outFeatures, rank], 0.5)
  }
  return feeds
}

const feeds = allFeeds()
const seed = float32Data(feeds['dy'], 'dy')
const inputs = [
  ['x', 'dx'],
  ['vera.lambda', 'dLambda'],
] as const

/** Every knob that changes the graph. */
const knobs: Record<string, { targets: Omit<VeraTargets, 'layers'>; rate: number }> = {
  LoRA: { targets: { method: 'lora', rank: 2, alpha: 3, targets: LINEAR_KINDS }, rate: 0 },
  'LoRA of two kinds, rank-stabilised': {
    targets: { method: 'lora', rank: 2, alpha: 3, rsLora: true, targets: ['v_proj', 'down_proj'] },
    rate: 0,
  },
  'ranks by kind': {
    targets: { rank, targets: LINEAR_KINDS, ranks: { q_proj: 1, '0.up_proj': 2, o_proj: 0 } },
    rate: 0,
  },
  'biases of adapted layers': { targets: { rank, targets: ['q_proj'], bias: 'adapted' }, rate: 0 },
  'all biases': { targets: { rank, targets: ['q_proj'], bias: 'all' }, rate: 0 },
  'VeRA with dropout': { targets: { rank, targets: LINEAR_KINDS }, rate: 0.25 },
  'LoRA with dropout': { targets: { method: 'lora', rank: 2, alpha: 2, targets: LINEAR_KINDS }, rate: 0.5 },
}

describe.each(Object.entries(knobs))('the gradients with %s', (_, { targets, rate }) => {
  const own = inLayer(layoutVera(config, { ...targets, layers: null }))
  const ownFeeds: Record<string, Tensor> = { ...feeds, 'vera.lambda': normal([own.length], 0.2) }
  for (const { inFeatures, outFeatures, rank: ofSite } of own.sites) {
    ownFeeds[projectionInput('A', inFeatures, ofSite)] ??= normal([ofSite, inFeatures], 0.5)
    ownFeeds[projectionInput('B', outFeatures, ofSite)] ??= normal([outFeatures, ofSite], 0.5)
  }
  Object.assign(ownFeeds, dropoutFeeds(own, 0, 6, { rate, seed: 3, step: 1, batch: 0 }))

  test('agree with finite differences', async () => {
    const gradients = await runGraph(layerBackwardGraph(options(own, false, rate), true), ownFeeds)
    expect(gradients['dLambda']).toHaveLength(own.length)
    await withSession(layerForwardGraph(options(own, false, rate)), async (session) => {
      for (const [input, gradient] of inputs) {
        const differences = await finiteDifferences(session, { feeds: ownFeeds, input, output: 'y', seed })
        expectClose(gradients[gradient], differences, { absolute: 1e-3, relative: 1e-3 }, gradient)
      }
    })
  })

  test('are the same whether the products are kept or not', async () => {
    const again = await runGraph(layerBackwardGraph(options(own, false, rate), true), ownFeeds)
    const { y: _y, ...kept } = await withSession(layerForwardGraph(options(own, true, rate)), (session) =>
      session.run(ownFeeds),
    )
    const backwards = layerBackwardGraph(options(own, true, rate), true)
    expect(await runGraph(backwards, { ...ownFeeds, ...kept })).toEqual(again)
  })
})

describe('the gradients of a whole decoder layer', () => {
  test('agree with finite differences', async () => {
    const gradients = await runGraph(layerBackwardGraph(options(layout), true), feeds)
    await withSession(layerForwardGraph(options(layout)), async (session) => {
      for (const [input, gradient] of inputs) {
        const differences = await finiteDifferences(session, { feeds, input, output: 'y', seed })
        expect(differences.every((value) => Math.abs(value) < 100)).toBe(true)
        expectClose(gradients[gradient], differences, { absolute: 5e-4, relative: 5e-4 }, gradient)
      }
    })
  })

  test('of a plain layer agree with finite differences, too', async () => {
    const { dx } = await runGraph(layerBackwardGraph(options(null), true), feeds)
    const graph = layerForwardGraph(options(null))
    const differences = await withSession(graph, (session) =>
      finiteDifferences(session, { feeds, input: 'x', output: 'y', seed }),
    )
    expectClose(dx, differences, { absolute: 5e-4, relative: 5e-4 }, 'dx')
  })

  test('are the same whether the input is wanted or not', async () => {
    const both = await runGraph(layerBackwardGraph(options(layout), true), feeds)
    const one = await runGraph(layerBackwardGraph(options(layout), false), feeds)
    expect(Object.keys(one)).toEqual(['dLambda'])
    expect(one['dLambda']).toEqual(both['dLambda'])
  })

  test('are the same whether the products of the forward pass are kept or computed again', async () => {
    const again = await runGraph(layerBackwardGraph(options(layout), true), feeds)
    const { y, ...kept } = await withSession(layerForwardGraph(options(layout, true)), (session) =>
      session.run(feeds),
    )
    expect(y).toBeDefined()
    expect(Object.keys(kept)).toHaveLength(keptValues(options(layout)).length)
    const backwards = layerBackwardGraph(options(layout, true), true)
    const withKept = await runGraph(backwards, { ...feeds, ...kept })
    expect(withKept).toEqual(again)
    const products = (graph: Graph) => graph.nodes.filter(({ op }) => op === 'Gemm').length
    expect(products(backwards)).toBeLessThan(products(layerBackwardGraph(options(layout), true)))
    expect(backwards.inputs.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(kept)))
  })

  test('reach no later token, no other example and no other row', async () => {
    const graph = layerBackwardGraph(options(layout), true)
    const { hiddenSize: H } = config
    // The places that the token at each place may see.
    const seen = [[0], [0, 1], [0, 1, 2], [3], [4], [4, 5]]
    for (const [place, visible] of seen.entries()) {
      const dy = seed.map((value, index) => (Math.floor(index / H) === place ? value : 0))
      const { dx } = await runGraph(graph, { ...feeds, dy: { data: dy, shape: [6, H] } })
      const reached = seen
        .keys()
        .filter((other) => dx?.subarray(other * H, (other + 1) * H).some((v) => v !== 0))
      expect([...reached], `places that place ${place} sees`).toEqual(visible)
    }
  })

  test('of each row alone are those of the rows together', async () => {
    const { hiddenSize: H, headDim: D } = config
    const together = await runGraph(layerBackwardGraph({ ...options(layout), rows: 2 }, true), feeds)
    const graph = layerBackwardGraph({ ...options(layout), rows: 1 }, true)
    const sum = new Float64Array(layout.length)
    for (const row of [0, 1]) {
      const part = (name: string, width: number) =>
        tensor([3, width], float32Data(feeds[name], name).subarray(row * 3 * width, (row + 1) * 3 * width))
      const alone = {
        rows: 1,
        ids: batch.ids.slice(0, 3),
        positions: batch.positions.slice(row * 3, row * 3 + 3),
        segments: batch.segments.slice(row * 3, row * 3 + 3),
        labels: batch.labels.slice(0, 3),
      }
      const { dx, dLambda } = await runGraph(graph, {
        ...feeds,
        x: part('x', H),
        dy: part('dy', H),
        cos: part('cos', D / 2),
        sin: part('sin', D / 2),
        mask: attentionMask(config, alone, Infinity),
      })
      const expected = together['dx']?.subarray(row * 3 * H, (row + 1) * 3 * H) ?? []
      expectClose(dx, expected, { absolute: 2e-6, relative: 1e-5 }, `dx of row ${row}`)
      dLambda?.forEach((value, index) => (sum[index] = (sum[index] ?? 0) + value))
    }
    expectClose(sum, together['dLambda'] ?? [], { absolute: 5e-6, relative: 1e-5 }, 'dLambda')
  })
})
