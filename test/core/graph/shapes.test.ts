import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import type { Shape, Value } from '../../../src-main/core/graph/graph.ts'
import * as op from '../../../src-main/core/graph/operators.ts'

/** The shape of what `build` makes of inputs of the given shapes. */
function shapeOf(
  shapes: readonly Shape[],
  build: (g: GraphBuilder, input: (index: number) => Value) => Value,
): Shape {
  const g = new GraphBuilder('shapes')
  return build(g, (index) => g.input(`x${index}`, 'float32', shapes[index] ?? [])).shape
}

const two =
  (build: (g: GraphBuilder, a: Value, b: Value) => Value) =>
  (a: Shape, b: Shape): Shape =>
    shapeOf([a, b], (g, input) => build(g, input(0), input(1)))

const adding = two(op.add)
const multiplying = two(op.matMul)
const joining = (axis: number) => two((g, a, b) => op.concat(g, [a, b], axis))
const gemm = (transpose: { a?: boolean; b?: boolean }) => two((g, a, b) => op.gemm(g, a, b, transpose))

describe('broadcasting', () => {
  test.each([
    [[3, 4], [4], [3, 4]],
    [
      [2, 1, 3],
      [4, 1],
      [2, 4, 3],
    ],
    [[], [2], [2]],
    [['N', 4], [4], ['N', 4]],
    [
      ['N', 1],
      [1, 'M'],
      ['N', 'M'],
    ],
    [
      ['N', 4],
      ['N', 1],
      ['N', 4],
    ],
  ])('%j and %j make %j', (a, b, result) => {
    expect(adding(a, b)).toEqual(result)
    expect(adding(b, a)).toEqual(result)
  })

  test.each([
    [[3, 4], [3]],
    [
      ['N', 4],
      ['M', 4],
    ],
    [
      ['N', 4],
      [3, 4],
    ],
  ])('%j and %j do not go together', (a, b) => {
    expect(() => adding(a, b)).toThrow(`Add can't broadcast [${a.join(', ')}] and [${b.join(', ')}].`)
  })
})

describe('products', () => {
  test.each([
    [
      [3, 4],
      [4, 2],
      [3, 2],
    ],
    [
      ['N', 4],
      [4, 'M'],
      ['N', 'M'],
    ],
    [
      [2, 1, 3, 4],
      [5, 4, 6],
      [2, 5, 3, 6],
    ],
  ])('MatMul of %j and %j is %j', (a, b, result) => expect(multiplying(a, b)).toEqual(result))

  test.each([
    [
      [3, 4],
      [3, 2],
    ],
    [[4], [4, 2]],
    [
      [2, 'T'],
      ['S', 2],
    ],
  ])("MatMul can't take %j and %j", (a, b) => {
    expect(() => multiplying(a, b)).toThrow(`MatMul can't take [${a.join(', ')}] and [${b.join(', ')}].`)
  })

  test('MatMul refuses batches that differ', () => {
    expect(() => multiplying([2, 3, 4], [3, 4, 5])).toThrow("MatMul can't broadcast [2] and [3].")
  })

  test('Gemm transposes before it compares', () => {
    expect(gemm({})([3, 4], [4, 2])).toEqual([3, 2])
    expect(gemm({ a: true })(['K', 3], ['K', 2])).toEqual([3, 2])
    expect(gemm({ b: true })([3, 4], [2, 4])).toEqual([3, 2])
    expect(gemm({ a: true, b: true })([4, 3], [2, 4])).toEqual([3, 2])
    expect(() => gemm({ b: true })([3, 4], [4, 2])).toThrow("Gemm can't take [3, 4] and [4, 2].")
    expect(() => gemm({})([1, 3, 4], [4, 2])).toThrow("Gemm can't take [1, 3, 4] and [4, 2].")
  })

  test('a linear layer refuses an input of another width', () => {
    const of = (shape: Shape) => shapeOf([shape], (g, input) => op.linear(g, input(0), 'q', 4, 6))
    expect(of(['N', 4])).toEqual(['N', 6])
    expect(() => of(['N', 5])).toThrow("Linear can't take [N, 5].")
    expect(() => of([4])).toThrow("Linear can't take [4].")
  })

  test('4-bit weights refuse an input of another width', () => {
    const format = { rows: 6, columns: 64 }
    const of = (shape: Shape) =>
      shapeOf([shape, [6, 2, 16], [6, 2]], (g, input) =>
        op.matMulBlocks(g, input(0), input(1), input(2), format),
      )
    expect(of(['N', 64])).toEqual(['N', 6])
    expect(() => of(['N', 32])).toThrow("MatMulNBits can't take [N, 32]")
  })

  test('its transpose refuses a gradient of another width', () => {
    const of = (shape: Shape) => shapeOf([shape], (g, input) => op.linearTransposed(g, input(0), 'q', 4, 6))
    expect(of(['N', 6])).toEqual(['N', 4])
    expect(() => of(['N', 4])).toThrow("LinearTransposed can't take [N, 4].")
  })
})

describe('joining', () => {
  test('adds up the sizes of the axis, by name where they are unknown', () => {
    expect(joining(1)([2, 3], [2, 4])).toEqual([2, 7])
    expect(joining(1)([2, 'C'], [2, 'T'])).toEqual([2, 'C+T'])
  })

  test.each([
    [
      [2, 3],
      [3, 3],
    ],
    [
      [2, 3],
      [2, 3, 1],
    ],
    [[2], [2, 3]],
  ])('along axis 1 refuses %j and %j', (a, b) => {
    expect(() => joining(1)(a, b)).toThrow("Concat can't take")
  })
})

describe('shapes that depend on values', () => {
  test('Reshape keeps the number of elements', () => {
    const to = (from: Shape, shape: Shape) => shapeOf([from], (g, input) => op.reshape(g, input(0), shape))
    expect(to([2, 6], [3, 4])).toEqual([3, 4])
    expect(to(['N', 6], ['N', 2, 3])).toEqual(['N', 2, 3])
    expect(() => to([2, 6], [5, 2])).toThrow("Reshape can't make [5, 2] of [2, 6].")
    expect(() => to([2, 6], ['B', 'T', 2])).toThrow('Reshape of "x0" leaves more than one size open.')
  })

  test('Transpose takes every axis once', () => {
    const by = (perm: readonly number[]) =>
      shapeOf([[2, 3, 'N']], (g, input) => op.transpose(g, input(0), perm))
    expect(by([2, 0, 1])).toEqual(['N', 2, 3])
    for (const perm of [
      [0, 1],
      [0, 1, 1],
      [0, 1, 3],
    ]) {
      expect(() => by(perm)).toThrow("Transpose can't take [2, 3, N].")
    }
  })

  test('a norm has one scale for each element of the last axis', () => {
    const norming = two((g, x, scale) => op.rmsNorm(g, x, scale, 1e-5))
    expect(norming(['N', 4], [4])).toEqual(['N', 4])
    expect(() => norming(['N', 4], [3])).toThrow("SimplifiedLayerNormalization can't take [N, 4] and [3].")
  })

  test('sums keep their axes with size 1', () => {
    expect(shapeOf([['N', 3, 4]], (g, input) => op.reduceSum(g, input(0), [0, 2]))).toEqual([1, 3, 1])
  })

  test('an operator without a rule is an error that names it', () => {
    const g = new GraphBuilder('shapes')
    expect(() => g.add('Einsum', [g.float32(1)])).toThrow('There is no shape rule for the operator Einsum.')
    expect(() => g.add('Slice', [g.float32(1)])).toThrow("Slice needs its result's shape stated.")
    expect(() => g.add('Neg', [])).toThrow('Neg lacks input 0.')
  })
})
