import { expect, test } from 'vitest'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import { fuseSums } from '../../../src-main/core/graph/fuse-sums.ts'
import type { Graph } from '../../../src-main/core/graph/graph.ts'
import * as op from '../../../src-main/core/graph/operators.ts'
import { expectClose } from './close.ts'
import { runGraph } from './run-graph.ts'

const operators = (graph: Graph) => graph.nodes.map((node) => `${node.op}/${node.inputs.length}`)

test('a sum of products becomes a chain of products, with the same numbers', async () => {
  const g = new GraphBuilder('sums')
  const [x, a, b] = [
    g.input('x', 'float32', ['N', 2]),
    g.input('a', 'float32', [3, 2]),
    g.input('b', 'float32', [3, 2]),
  ]
  const [left, right] = [op.gemm(g, x, a, { b: true }), op.gemm(g, x, b, { b: true })]
  g.output(op.add(g, op.add(g, left, right), g.input('base', 'float32', ['N', 3])), 'y')
  const graph = g.finish()
  const fused = fuseSums(graph)
  expect(operators(graph)).toEqual(['Gemm/2', 'Gemm/2', 'Add/2', 'Add/2'])
  expect(operators(fused)).toEqual(['Gemm/2', 'Gemm/3', 'Add/2'])
  const tensor = (shape: readonly number[], seed: number) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => Math.sin(i * 3 + seed)),
  })
  const feeds = { x: tensor([4, 2], 1), a: tensor([3, 2], 2), b: tensor([3, 2], 3), base: tensor([4, 3], 4) }
  const [plain, summed] = [await runGraph(graph, feeds), await runGraph(fused, feeds)]
  expectClose(summed['y'], plain['y'] ?? [], { absolute: 1e-6, relative: 1e-6 }, 'y')
})

test('what is used twice, or is of another shape, stays a sum', () => {
  const g = new GraphBuilder('sums')
  const [x, w, bias] = [
    g.input('x', 'float32', ['N', 2]),
    g.input('w', 'float32', [3, 2]),
    g.input('bias', 'float32', [3]),
  ]
  const product = op.gemm(g, x, w, { b: true })
  g.output(op.add(g, product, op.neg(g, product)), 'twice')
  g.output(op.add(g, op.gemm(g, op.neg(g, x), w, { b: true }), bias), 'biased')
  const given = op.gemm(g, op.exp(g, x), w, { b: true })
  g.output(given, 'given')
  g.output(op.add(g, given, g.input('base', 'float32', ['N', 3])), 'sum')
  const graph = g.finish()
  expect(operators(fuseSums(graph))).toEqual(operators(graph))
})
