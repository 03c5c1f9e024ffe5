import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import type { Graph } from '../../../src-main/core/graph/graph.ts'
import * as op from '../../../src-main/core/graph/operators.ts'
import { rewrite, rewriteOnto } from '../../../src-main/core/graph/rewrite.ts'
import { runGraph, tensor } from './run-graph.ts'

/** y = σ(x·w)·2 reshaped, z = x·w; with inputs, constants, a weight, attributes and stated shapes. */
function sample(): Graph {
  const g = new GraphBuilder('sample')
  const x = g.input('x', 'float32', ['N', 3])
  const bytes = new Uint8Array(Float32Array.of(1, 2, 3, -1, 0.5, 4).buffer)
  const w = g.initializer('w', 'float32', [2, 3], { kind: 'inline', bytes })
  const product = op.gemm(g, x, w, { b: true })
  const doubled = op.mul(g, op.sigmoid(g, product), g.float32(2))
  g.output(op.reshape(g, doubled, ['N', 1, 2]), 'y')
  g.output(product, 'z')
  return g.finish()
}

const feeds = { x: tensor([2, 3], [1, -1, 0.25, 0, 2, -0.5]) }
const keep = () => null

describe('rewrite', () => {
  test('that keeps every node gives the same results to the bit', async () => {
    const graph = sample()
    const copy = rewrite(graph, keep)
    expect(copy.inputs).toEqual(graph.inputs)
    expect(copy.outputs).toEqual(graph.outputs)
    expect(copy.initializers).toEqual(graph.initializers)
    expect(copy.nodes.map((node) => [node.op, node.attributes, node.output.shape])).toEqual(
      graph.nodes.map((node) => [node.op, node.attributes, node.output.shape]),
    )
    expect(await runGraph(copy, feeds)).toEqual(await runGraph(graph, feeds))
  })

  test('replaces the nodes it is asked to and drops what they alone needed', async () => {
    const seen: string[] = []
    const graph = rewrite(sample(), (g, node, inputs) => {
      seen.push(node.op)
      const [x] = inputs
      return node.op === 'Sigmoid' && x !== undefined ? op.neg(g, x) : null
    })
    expect(seen).toEqual(['Gemm', 'Sigmoid', 'Mul', 'Reshape'])
    const { y, z } = await runGraph(graph, feeds)
    expect(y).toEqual(z?.map((value) => -2 * value))

    const constant = rewrite(sample(), (g, node) => (node.op === 'Mul' ? g.float32(1) : null), undefined)
    expect(constant.nodes.map((node) => node.op)).not.toContain('Sigmoid')
  })

  test('leaves the original as it was', () => {
    const graph = sample()
    rewrite(graph, (g, node, [x]) => (node.op === 'Sigmoid' && x !== undefined ? op.neg(g, x) : null))
    expect(graph).toEqual(sample())
  })

  test('refuses a graph whose nodes are out of order', () => {
    const graph = sample()
    expect(() => rewrite({ ...graph, nodes: graph.nodes.toReversed() }, keep)).toThrow(
      /uses ".*" before it is made/,
    )
  })
})

describe('rewriteOnto', () => {
  test('puts two graphs on one tape, the second fed by what it needs, constants shared', async () => {
    const g = new GraphBuilder('both')
    const moved = rewriteOnto(g, sample(), keep)
    const other = new GraphBuilder('other')
    const a = other.input('a', 'float32', [2])
    const negative = op.mul(other, a, other.float32(2))
    other.output(negative, 'negative')
    const otherGraph = other.finish()
    const movedOther = rewriteOnto(g, otherGraph, keep)

    const [z] = sample().outputs.slice(1)
    const product = [...moved].find(([value]) => value.name === z?.name)?.[1]
    const [scaled] = otherGraph.outputs
    const scale = scaled && movedOther.get(scaled)
    if (product === undefined || scale === undefined) throw new Error('A value was lost.')
    g.output(op.mul(g, product, scale), 'result')
    const graph = g.finish()
    expect(graph.inputs.map((value) => value.name)).toEqual(['x', 'a'])
    expect(graph.outputs.map((value) => value.name)).toEqual(['result'])
    expect(graph.initializers.map(({ value }) => value.name)).toEqual(['w', 'float_2'])

    const { result } = await runGraph(graph, { ...feeds, a: tensor([2], [10, -1]) })
    const { z: plain } = await runGraph(sample(), feeds)
    expect(result).toEqual(plain?.map((value, index) => value * (index % 2 === 0 ? 20 : -2)))
  })

  test('refuses a graph whose inputs the tape already has', () => {
    const g = new GraphBuilder('twice')
    rewriteOnto(g, sample(), keep)
    expect(() => rewriteOnto(g, sample(), keep)).toThrow('Graph "twice" has two values named "x".')
  })
})
