import { describe, expect, test } from 'vitest'
import { backward } from '../../../src-main/core/graph/backward.ts'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import type { Graph, Value } from '../../../src-main/core/graph/graph.ts'
import * as op from '../../../src-main/core/graph/operators.ts'
import { rewriteOnto } from '../../../src-main/core/graph/rewrite.ts'
import { lowerGraph } from '../../../src-main/core/llama/lower-graph.ts'
import {
  type AdaptedSite,
  adaptLinears,
  declareAdapter,
  type LowRankBranch,
} from '../../../src-main/core/vera/adapted-linear.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { expectClose } from '../graph/close.ts'
import { goldenCase } from '../graph/gradient-golden.ts'
import { runGraph } from '../graph/run-graph.ts'
import { llamaConfig } from './llama-config.ts'

const tolerance = { absolute: 2e-6, relative: 1e-5 }

/** A plain model of linear layers 8 → 6 over `x`, that knows nothing of adapters. */
function plainModel(build: (g: GraphBuilder, x: Value) => Value): Graph {
  const g = new GraphBuilder('plain')
  g.output(build(g, g.input('x', 'float32', ['N', 8])), 'y')
  return g.finish()
}

/** Weights are inputs of the lowered graph, named as their modules. */
const lower = (graph: Graph) =>
  lowerGraph(graph, (g, module) => ({ kind: 'matrix', matrix: g.input(module, 'float32', [6, 8]) }))

/** The golden case's adapter on a tape: which of its inputs are whose vectors and projections. */
type SiteNames = Readonly<Record<string, Readonly<Record<keyof LowRankBranch, string>>>>

/** Adapts the model, and differentiates it by whatever has a golden gradient. */
function adaptedGraph(caseName: string, plain: Graph, siteNames: SiteNames): Graph {
  const { inputs, gradients } = goldenCase(caseName)
  const g = new GraphBuilder('adapted')
  const declared = new Map<string, Value>()
  const input = (name: string): Value => {
    const value = declared.get(name) ?? g.input(name, 'float32', inputs[name]?.shape ?? [])
    declared.set(name, value)
    return value
  }
  const sites = Object.entries(siteNames).map(([module, names]): [string, AdaptedSite] => [
    module,
    {
      branches: [
        {
          lambdaD: input(names.lambdaD),
          lambdaB: input(names.lambdaB),
          A: input(names.A),
          B: input(names.B),
        },
      ],
      bias: null,
      trained: [],
    },
  ])
  const moved = rewriteOnto(g, plain, adaptLinears(new Map(sites)))
  const named = new Map([...moved].map(([value, now]) => [value.name, now]))
  const [x, y] = [named.get('x'), named.get('y')]
  if (x === undefined || y === undefined) throw new Error('The model lost its input or output.')
  declared.set('x', x)
  const seeds = new Map([[y, g.input('seed', 'float32', y.shape)]])
  g.output(y, 'output')
  for (const [target, gradient] of backward(g, seeds, Object.keys(gradients).map(input))) {
    g.output(gradient, `d${target.name}`)
  }
  return lower(g.finish())
}

/** Compares result and gradients with PyTorch's, and returns the names of those gradients. */
async function compareGolden(caseName: string, graph: Graph): Promise<readonly string[]> {
  const { inputs, seed, output, gradients } = goldenCase(caseName)
  const results = await runGraph(graph, { ...inputs, seed })
  expectClose(results['output'], output.data, tolerance, 'output')
  for (const [name, { data }] of Object.entries(gradients)) {
    expectClose(results[`d${name}`], data, tolerance, `d${name}`)
  }
  return Object.keys(gradients)
}

const oneLayer = plainModel((g, x) => op.linear(g, x, 'W', 8, 6))
const oneSite = { W: { lambdaD: 'lambdaD', lambdaB: 'lambdaB', A: 'A', B: 'B' } }
const twoLayers = plainModel((g, x) =>
  op.gemm(g, op.linear(g, x, 'W1', 8, 6), op.linear(g, x, 'W2', 8, 6), { b: true }),
)
const twoSites = {
  W1: { lambdaD: 'd1', lambdaB: 'b1', A: 'A', B: 'B1' },
  W2: { lambdaD: 'd2', lambdaB: 'b2', A: 'A', B: 'B2' },
}

describe('an adapted layer', () => {
  test('computes what PyTorch does, forwards and backwards', async () => {
    const graph = adaptedGraph('VeRA/one layer', oneLayer, oneSite)
    expect(await compareGolden('VeRA/one layer', graph)).toEqual(['lambdaB', 'lambdaD', 'x'])
  })

  test('of a new adapter has a gradient for lambda_b, none yet for lambda_d', async () => {
    const graph = adaptedGraph('VeRA/a new adapter', oneLayer, oneSite)
    await compareGolden('VeRA/a new adapter', graph)
    const { inputs, seed, gradients } = goldenCase('VeRA/a new adapter')
    const results = await runGraph(graph, { ...inputs, seed })
    expect(results['dlambdaD']).toEqual(new Float32Array(3))
    expect(gradients['lambdaB']?.data.every((value) => Math.abs(value) > 1e-3)).toBe(true)
  })

  test('shares A x with the other layers of its input', async () => {
    const graph = adaptedGraph('VeRA/two layers of one input', twoLayers, twoSites)
    const compared = await compareGolden('VeRA/two layers of one input', graph)
    expect(compared).toEqual(['b1', 'b2', 'd1', 'd2', 'x'])
    const takesA = (value: Value) => value.name === 'A'
    // Once forwards; once backwards, where both layers' gradients of A x are added up first.
    expect(graph.nodes.filter((node) => node.inputs.some(takesA))).toHaveLength(2)
  })

  test('stays plain where it is no site', () => {
    const g = new GraphBuilder('plain')
    rewriteOnto(g, twoLayers, adaptLinears(new Map()))
    expect(g.nodes.map((node) => node.op)).toEqual(['Linear', 'Linear', 'Gemm'])
  })
})

describe('the declared adapter', () => {
  const config = llamaConfig({ layerCount: 1 })
  const layout = layoutVera(config, { rank: 3, targets: ['q_proj', 'v_proj', 'down_proj'], layers: null })

  test('takes one flat vector, and each slice of the projections once', () => {
    const g = new GraphBuilder('adapter')
    const sites = declareAdapter(g, layout)
    expect([...sites.keys()]).toEqual(layout.sites.map((site) => site.module))
    const [q, v, down] = [...sites.values()].flatMap(({ branches }) => branches)
    expect([q?.A.name, q?.A.shape]).toEqual(['vera.A.64.3', [3, 64]])
    expect([q?.B.name, q?.B.shape]).toEqual(['vera.B.64.3', [64, 3]])
    expect([v?.A, v?.B.name]).toEqual([q?.A, 'vera.B.32.3'])
    expect([down?.A.name, down?.B]).toEqual(['vera.A.160.3', q?.B])
  })

  test('cuts the vector as the layout says', async () => {
    const g = new GraphBuilder('adapter')
    for (const [module, { trained }] of declareAdapter(g, layout)) {
      for (const [index, value] of trained.entries()) g.output(value, `${module}.${index}`)
    }
    const graph = lower(g.finish())
    expect(graph.inputs).toEqual([{ name: 'vera.lambda', dtype: 'float32', shape: [layout.length] }])
    const vector = Float32Array.from({ length: layout.length }, (_, index) => index)
    const parts = await runGraph(graph, { 'vera.lambda': { data: vector, shape: [layout.length] } })
    for (const { module, parts: ofSite } of layout.sites) {
      for (const [index, { start, length }] of ofSite.entries()) {
        expect(parts[`${module}.${index}`]).toEqual(vector.slice(start, start + length))
      }
    }
  })
})
