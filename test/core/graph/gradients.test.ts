import { describe, expect, test } from 'vitest'
import { backward } from '../../../src-main/core/graph/backward.ts'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import type { Graph, Value } from '../../../src-main/core/graph/graph.ts'
import { gradientRules } from '../../../src-main/core/graph/gradients.ts'
import { lowerKernels } from '../../../src-main/core/graph/lower-kernels.ts'
import { expectClose } from './close.ts'
import { finiteDifferences } from './finite-differences.ts'
import { type GradientCase, gradientCases } from './gradient-cases.ts'
import { type GoldenCase, goldenCases } from './gradient-golden.ts'
import { runGraph, withSession } from './run-graph.ts'

/** PyTorch computed in double precision; what is left is the rounding of a few float32 steps. */
const goldenTolerance = { absolute: 1e-6, relative: 1e-5 }
/** See finite-differences.ts; measured differences stay under a fifth of this. */
const differenceTolerance = { absolute: 5e-5, relative: 5e-5 }

const golden = goldenCases()
const rows = Object.entries(gradientCases).map(([name, row]) => ({ name, row, expected: golden.get(name) }))

/** The case as a graph: its result alone, or its result and the gradients of all that isn't frozen. */
function graphOf(row: GradientCase, expected: GoldenCase, wantsGradients: boolean): Graph {
  const g = new GraphBuilder('case')
  const inputs = new Map<string, Value>()
  const input = (name: string): Value => {
    const shape = row.declared?.[name] ?? expected.inputs[name]?.shape
    if (shape === undefined) throw new Error(`The golden case has no input ${name}.`)
    const value = inputs.get(name) ?? g.input(name, 'float32', shape)
    inputs.set(name, value)
    return value
  }
  const result = row.build(g, input)
  g.output(result, 'output')
  if (wantsGradients) {
    const seed = g.input('seed', 'float32', result.shape)
    const targets = Object.keys(expected.gradients).map(input)
    for (const [target, gradient] of backward(g, new Map([[result, seed]]), targets)) {
      expect(gradient.shape, `the shape of the gradient of ${target.name}`).toEqual(target.shape)
      g.output(gradient, `d${target.name}`)
    }
  }
  return (row.lower ?? ((graph) => lowerKernels(graph, null)))(g.finish())
}

test('every rule has rows, every row a rule and a golden case, every golden case a row', () => {
  const operatorOf = (name: string) => name.split('/')[0]
  const tested = new Set(rows.map(({ name }) => operatorOf(name)))
  // The native runtime's own operator is compared with the plain graph in test/engine/native-runtime.test.ts.
  const rules = Object.keys(gradientRules).filter((rule) => rule !== 'Attention')
  expect(tested).toEqual(new Set(rules))
  const goldenNames = [...golden.keys()].filter((name) => operatorOf(name) !== 'VeRA')
  expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(goldenNames))
})

describe.each(rows)('$name', ({ name, row, expected }) => {
  test('the operator is there', () => {
    const g = new GraphBuilder('case')
    row.build(g, (input) =>
      g.input(input, 'float32', row.declared?.[input] ?? expected?.inputs[input]?.shape ?? []),
    )
    expect(g.nodes.map((node) => node.op)).toContain(name.split('/')[0])
  })

  test('agrees with PyTorch', async () => {
    if (expected === undefined) throw new Error(`There is no golden case ${name}.`)
    const results = await runGraph(graphOf(row, expected, true), { ...expected.inputs, seed: expected.seed })
    expectClose(results['output'], expected.output.data, goldenTolerance, 'output')
    const gradients = Object.entries(expected.gradients)
    expect(gradients).not.toHaveLength(0)
    for (const [input, { data }] of gradients) {
      expectClose(results[`d${input}`], data, goldenTolerance, `d${input}`)
    }
  })

  test('agrees with finite differences', async () => {
    if (expected === undefined) throw new Error(`There is no golden case ${name}.`)
    const feeds = { ...expected.inputs, seed: expected.seed }
    const results = await runGraph(graphOf(row, expected, true), feeds)
    expect.assertions(3 * Object.keys(expected.gradients).length)
    await withSession(graphOf(row, expected, false), async (session) => {
      for (const input of Object.keys(expected.gradients)) {
        const asked = { feeds, input, output: 'output', seed: expected.seed.data }
        const differences = await finiteDifferences(session, asked)
        expectClose(results[`d${input}`], differences, differenceTolerance, `d${input}`)
      }
    })
  })
})
