import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import * as op from '../../../src-main/core/graph/operators.ts'

const floats = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer)

describe('values', () => {
  test('of another tape are refused, even under a name that this one has', () => {
    const [g, other] = [new GraphBuilder('mine'), new GraphBuilder('other')]
    const x = g.input('x', 'float32', [2])
    const foreign = other.input('x', 'float32', [2])
    expect(() => op.add(g, x, foreign)).toThrow('Add takes "x", which is not a value of graph "mine".')
    expect(() => op.neg(g, { ...x })).toThrow('is not a value of graph "mine"')
    expect(g.nodes).toEqual([])
  })

  test('have one name each, whatever they are', () => {
    const g = new GraphBuilder('twice')
    const x = g.input('x', 'float32', [2])
    const failure = 'Graph "twice" has two values named "x".'
    expect(() => g.input('x', 'float32', [3])).toThrow(failure)
    const data = { kind: 'inline', bytes: floats(1, 2) } as const
    expect(() => g.initializer('x', 'float32', [2], data)).toThrow(failure)
    expect(() => g.output(op.neg(g, x), 'x')).toThrow(failure)
  })

  test('made by operators get names that are free', () => {
    const g = new GraphBuilder('names')
    const x = g.input('Neg', 'float32', [2])
    g.input('Neg_2', 'float32', [2])
    expect([op.neg(g, x), op.neg(g, x)].map((value) => value.name)).toEqual(['Neg_1', 'Neg_3'])
    expect(g.add('Neg', [x], { hint: 'minus' }).name).toBe('minus')
  })

  test.each([[[-1]], [[1.5]], [[Number.NaN]]])('of the shape %j are refused', (shape) => {
    const g = new GraphBuilder('shapes')
    expect(() => g.input('x', 'float32', shape)).toThrow(
      `Value "x" of graph "shapes" has an impossible shape [${shape.join()}].`,
    )
  })
})

describe('constants', () => {
  test('that are equal are one initializer', () => {
    const g = new GraphBuilder('constants')
    expect(g.int64([1, -2])).toBe(g.int64([1, -2]))
    expect(g.float32(0.5)).toBe(g.float32(0.5))
    expect(g.float32(1)).not.toBe(g.float32(2))
    expect(g.int64([1])).not.toBe(g.float32(1))
    expect(g.int64([1, 2])).not.toBe(g.int64([12]))
  })

  test('hold their values in the byte order of the format', () => {
    const g = new GraphBuilder('constants')
    const x = g.input('x', 'float32', [6])
    g.output(op.mul(g, op.slice(g, x, 0, 1, 3), g.float32(-0.25)), 'y')
    const bytes = new Map(
      g
        .finish()
        .initializers.map(({ value, data }) => [value.name, data.kind === 'inline' ? data.bytes : null]),
    )
    expect(bytes.get('float_-0.25')).toEqual(floats(-0.25))
    expect(bytes.get('int64_3')).toEqual(Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0))
  })
})

describe('a finished graph', () => {
  test('lacks the nodes, inputs and initializers that no output needs', () => {
    const g = new GraphBuilder('dead')
    const x = g.input('x', 'float32', [2])
    const unused = g.input('unused', 'float32', [2])
    op.mul(g, op.exp(g, unused), g.float32(3))
    op.exp(g, x)
    g.output(op.add(g, op.neg(g, x), g.float32(2)), 'y')
    const graph = g.finish()
    expect(graph.nodes.map((node) => node.op)).toEqual(['Neg', 'Add'])
    expect(graph.inputs).toEqual([x])
    expect(graph.initializers.map(({ value }) => value.name)).toEqual(['float_2'])
    expect(graph.outputs.map((value) => value.name)).toEqual(['y'])
  })

  test('stays as it is while the tape goes on', () => {
    const g = new GraphBuilder('growing')
    const x = g.input('x', 'float32', [2])
    g.output(op.neg(g, x), 'first')
    const graph = g.finish()
    g.output(op.exp(g, x), 'second')
    expect(graph.outputs.map((value) => value.name)).toEqual(['first'])
    expect(g.finish().outputs.map((value) => value.name)).toEqual(['first', 'second'])
  })
})
