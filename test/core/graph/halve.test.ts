import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import { fuseSums } from '../../../src-main/core/graph/fuse-sums.ts'
import type { Graph } from '../../../src-main/core/graph/graph.ts'
import { halve } from '../../../src-main/core/graph/halve.ts'
import * as op from '../../../src-main/core/graph/operators.ts'

const none: ReadonlySet<string> = new Set()
const plain = { arriving: none, staying: none, exact: false }

const typesOf = (graph: Graph) => graph.nodes.map((node) => `${node.op} ${node.output.dtype}`)
const outputsOf = (graph: Graph) => graph.outputs.map(({ name, dtype }) => `${name} ${dtype}`)

/** y = x + norm(x)·Wᵀ, with a bias, and its softmax. */
function sample(): Graph {
  const g = new GraphBuilder('sample')
  const x = g.input('x', 'float32', ['N', 4])
  const w = g.input('w', 'float32', [4, 4])
  const normalized = op.rmsNorm(g, x, g.input('scale', 'float32', [4]), 1e-5)
  const product = op.add(g, op.gemm(g, normalized, w, { b: true }), g.input('bias', 'float32', [4]))
  g.output(product, 'product')
  g.output(op.softmax(g, product), 'weights')
  g.output(op.add(g, x, product), 'y')
  return g.finish()
}

describe('halve', () => {
  test('takes products to 16 bits, with what is added to them; norms, softmax and what joins a float32 matrix stay', () => {
    const graph = halve(sample(), { ...plain, staying: new Set(['product']) })
    expect(typesOf(graph)).toEqual([
      'SimplifiedLayerNormalization float32',
      'Cast float16',
      'Cast float16',
      'Gemm float16',
      'Cast float16',
      'Add float16',
      'Cast float32',
      'Softmax float32',
      'Add float32',
    ])
    expect(outputsOf(graph)).toEqual(['product float16', 'weights float32', 'y float32'])
    expect(outputsOf(halve(sample(), plain))).toEqual(['product float32', 'weights float32', 'y float32'])
  })

  test('takes what arrives in 16 bits as it is', () => {
    const graph = halve(sample(), { ...plain, arriving: new Set(['w']) })
    expect(graph.inputs.map(({ name, dtype }) => `${name} ${dtype}`)).toContain('w float16')
    expect(graph.nodes.filter(({ op: name }) => name === 'Cast')).toHaveLength(3)
  })

  test('computes exactly where it is asked to, whatever arrives', () => {
    const graph = halve(sample(), { arriving: new Set(['w']), staying: none, exact: true })
    expect(typesOf(graph).filter((type) => type.endsWith('float16'))).toEqual([])
    expect(typesOf(halve(sample(), { ...plain, exact: true }))).toEqual(typesOf(sample()))
  })

  test('sums over rows, which are gradients of parameters, in float32', () => {
    const g = new GraphBuilder('gradient')
    const [dy, x] = [g.input('dy', 'float32', ['N', 4]), g.input('x', 'float32', ['N', 3])]
    g.output(op.gemm(g, dy, x, { a: true }), 'dw')
    expect(typesOf(halve(g.finish(), { ...plain, arriving: new Set(['x']) }))).toEqual([
      'Cast float32',
      'Gemm float32',
    ])
  })

  test('takes a float32 sum out of a product again', () => {
    const g = new GraphBuilder('fused')
    const x = g.input('x', 'float32', ['N', 4])
    g.output(op.add(g, x, op.gemm(g, x, g.input('w', 'float32', [4, 4]))), 'y')
    const fused = fuseSums(g.finish())
    expect(fused.nodes.map((node) => node.op)).toEqual(['Gemm'])
    expect(typesOf(halve(fused, plain)).slice(-3)).toEqual(['Gemm float16', 'Cast float32', 'Add float32'])
  })

  test('feeds weights that are stored in 16 bits to products as they are', () => {
    const g = new GraphBuilder('stored')
    const bytes = new Uint8Array(32)
    const w = g.initializer('w', 'float16', [4, 4], { kind: 'inline', bytes })
    g.output(op.gemm(g, g.input('x', 'float32', ['N', 4]), op.cast(g, w, 'float32')), 'y')
    const { nodes } = halve(g.finish(), plain)
    expect(nodes.find((node) => node.op === 'Gemm')?.inputs[1]?.name).toBe('w')
  })

  test('leaves integers and shapes alone', () => {
    const g = new GraphBuilder('integers')
    const x = g.input('x', 'float32', ['N', 4])
    const rows = op.gather(g, op.matMul(g, x, g.input('w', 'float32', [4, 4])), g.input('at', 'int64', ['M']))
    g.output(op.sizeOf(g, rows, 0), 'size')
    g.output(rows, 'rows')
    const graph = halve(g.finish(), { ...plain, staying: new Set(['rows']) })
    expect(outputsOf(graph)).toEqual(['size int64', 'rows float16'])
    expect(graph.inputs.find(({ name }) => name === 'at')?.dtype).toBe('int64')
  })
})
