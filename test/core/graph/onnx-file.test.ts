import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import type { Graph } from '../../../src-main/core/graph/graph.ts'
import { encodeOnnx } from '../../../src-main/core/graph/onnx-file.ts'
import * as op from '../../../src-main/core/graph/operators.ts'
import { onnxRuntime } from '../../../src-main/engine/onnx-runtime.ts'
import { runGraph, runtime, tensor } from './run-graph.ts'

const folder = mkdtempSync(join(tmpdir(), 'veranda-onnx-'))
afterAll(() => rmSync(folder, { recursive: true }))

const code = (value: string) => expect.objectContaining({ code: value })

describe('ONNX Runtime takes what is written', () => {
  test('attributes of every kind, in both domains', async () => {
    const g = new GraphBuilder('kinds')
    const x = g.input('x', 'float32', ['N', 4])
    const [cos, sin] = [g.input('cos', 'float32', ['N', 1]), g.input('sin', 'float32', ['N', 1])]
    const ones = { kind: 'inline', bytes: new Uint8Array(Float32Array.of(1, 1, 1, 1).buffer) } as const
    const normalized = op.rmsNorm(g, x, g.initializer('ones', 'float32', [4], ones), 0.75)
    const rotated = op.plainRotaryEmbedding(g, op.reshape(g, normalized, [1, 'N', 4]), cos, sin)
    g.output(op.transpose(g, op.reshape(g, rotated, ['N', 4]), [1, 0]), 'y')
    // The norm divides by √(1.25 + 0.75); a quarter turn of each head makes (a, b) (−b, a).
    const { y } = await runGraph(g.finish(), {
      x: tensor([1, 4], [1, 2, 0, 0]),
      cos: tensor([1, 1], [0]),
      sin: tensor([1, 1], [1]),
    })
    const half = Math.SQRT1_2
    for (const [index, value] of [-2 * half, half, 0, 0].entries()) expect(y?.[index]).toBeCloseTo(value, 6)
  })

  test('a text attribute', async () => {
    const g = new GraphBuilder('text')
    g.output(op.sigmoid(g, g.input('x', 'float32', [2])), 'y')
    const graph = g.finish()
    // Of the operators with builders only ours take a text, and they are lowered before writing.
    const approximate = { kind: 'string', value: 'tanh' } as const
    const nodes = graph.nodes.map((node) =>
      node.op === 'Sigmoid' ? { ...node, op: 'Gelu', attributes: { approximate } } : node,
    )
    const { y } = await runGraph({ ...graph, nodes }, { x: tensor([2], [1, -1]) })
    // The exact Gelu gives 0.841345 and −0.158655.
    expect(y?.[0]).toBeCloseTo(0.841192, 5)
    expect(y?.[1]).toBeCloseTo(-0.158808, 5)
  })

  test('names that are not ASCII, of graphs, values and sizes', async () => {
    const g = new GraphBuilder('größe 图 🏡')
    const x = g.input('wörter·T', 'float32', ['3·T', 2])
    g.output(op.neg(g, x), '−x 🏡')
    const results = await runGraph(g.finish(), { 'wörter·T': tensor([1, 2], [1, -2]) })
    expect(results).toEqual({ '−x 🏡': Float32Array.of(-1, 2) })
  })

  test('numbers that take several bytes, and negative ones', async () => {
    const g = new GraphBuilder('numbers')
    const x = g.input('x', 'float32', [300, 2])
    g.output(op.softmax(g, op.slice(g, x, 0, 299, 300)), 'y')
    const { y } = await runGraph(g.finish(), { x: tensor([300, 2], new Float32Array(600).fill(7)) })
    expect(y).toEqual(Float32Array.of(0.5, 0.5))
  })

  test('an empty tensor', async () => {
    const g = new GraphBuilder('empty')
    const x = g.input('x', 'float32', ['N', 2])
    g.output(op.neg(g, x), 'y')
    expect(await runGraph(g.finish(), { x: tensor([0, 2], []) })).toEqual({ y: new Float32Array(0) })
  })
})

/** y = x + w, with w `[2]` in a file beside the graph. */
function external(offset: number, length: number): Graph {
  const g = new GraphBuilder('external')
  const x = g.input('x', 'float32', [2])
  const w = g.initializer('w', 'float32', [2], { kind: 'external', file: 'weights.bin', offset, length })
  g.output(op.add(g, x, w), 'y')
  return g.finish()
}

describe('external weights', () => {
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(Float32Array.of(9, 9, 9, 0.5, -4, 9).buffer))

  test('are read at their place in the file', async () => {
    const session = await runtime.open(external(12, 8), { weightsDirectory: folder })
    const results = await session.run({ x: tensor([2], [1, 1]) })
    await session.close()
    expect(results['y']?.data).toEqual(Float32Array.of(1.5, -3))
  })

  test('beyond the end of the file are refused', async () => {
    const opened = runtime.open(external(20, 8), { weightsDirectory: folder })
    await expect(opened).rejects.toThrow(code('graph-not-loaded'))
  })

  test('of a file that is not there are refused', async () => {
    const opened = runtime.open(external(12, 8), { weightsDirectory: join(folder, 'nowhere') })
    await expect(opened).rejects.toThrow(code('graph-not-loaded'))
  })
})

describe('failures', () => {
  test('our own operators must have been lowered', () => {
    const g = new GraphBuilder('unlowered')
    const x = g.input('x', 'float32', ['N', 4])
    g.output(op.linear(g, x, 'layer.mlp.up_proj', 4, 6), 'y')
    expect(() => encodeOnnx(g.finish())).toThrow('Linear "y" was not lowered before writing.')
    const h = new GraphBuilder('unlowered')
    h.output(op.linearTransposed(h, h.input('dy', 'float32', ['N', 6]), 'm', 4, 6), 'dx')
    expect(() => encodeOnnx(h.finish())).toThrow('LinearTransposed "dx" was not lowered')
  })

  test('a graph that ONNX Runtime refuses is named', async () => {
    const g = new GraphBuilder('broken')
    const x = g.input('x', 'float32', [2])
    g.output(g.add('Identity', [x], { domain: 'nowhere' }), 'y')
    await expect(onnxRuntime({ threads: 1 }).open(g.finish())).rejects.toThrow(
      /ONNX Runtime could not load the graph "broken"/,
    )
  })

  test.each([
    ['missing', {}],
    ['of another shape', { x: tensor([3], [1, 2, 3]) }],
    ['of another type', { x: { data: Int32Array.of(1, 2), shape: [2] } }],
  ])('a feed that is %s names the graph', async (_, feeds) => {
    const g = new GraphBuilder('picky')
    const x = g.input('x', 'float32', [2])
    g.output(op.neg(g, x), 'y')
    await expect(runGraph(g.finish(), feeds)).rejects.toThrow(
      expect.objectContaining({
        code: 'graph-failed',
        message: expect.stringContaining('could not run the graph "picky"'),
      }),
    )
  })
})
