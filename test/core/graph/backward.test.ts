import { describe, expect, test } from 'vitest'
import { backward } from '../../../src-main/core/graph/backward.ts'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import type { Value } from '../../../src-main/core/graph/graph.ts'
import * as op from '../../../src-main/core/graph/operators.ts'
import { runGraph, tensor } from './run-graph.ts'

/** A tape with inputs `x`, `w` and `seed`, all of shape [2]. */
function tape() {
  const g = new GraphBuilder('tape')
  const [x, w, seed] = [
    g.input('x', 'float32', [2]),
    g.input('w', 'float32', [2]),
    g.input('seed', 'float32', [2]),
  ]
  return { g, x, w, seed }
}

const feeds = { x: tensor([2], [3, -2]), w: tensor([2], [0.5, 4]), seed: tensor([2], [1, 10]) }

/** The gradients of `targets`, run at x = [3, −2], w = [0.5, 4], with the seed [1, 10]. */
async function gradientsOf(g: GraphBuilder, seeds: ReadonlyMap<Value, Value>, targets: readonly Value[]) {
  for (const [target, gradient] of backward(g, seeds, targets)) g.output(gradient, `d${target.name}`)
  const results = await runGraph(g.finish(), feeds)
  return Object.fromEntries(Object.entries(results).map(([name, values]) => [name, [...values]]))
}

describe('what is walked', () => {
  test('an operator without a rule on the path is an error that names it', () => {
    const { g, x, seed } = tape()
    const y = op.exp(g, op.neg(g, x))
    expect(() => backward(g, new Map([[y, seed]]), [x])).toThrow('There is no gradient rule for Exp ("Exp").')
  })

  test('nodes off the path need no rule', async () => {
    const { g, x, w, seed } = tape()
    const y = op.mul(g, x, op.exp(g, op.mul(g, w, g.float32(0))))
    const beyond = op.exp(g, y)
    const aside = op.exp(g, x)
    const before = g.nodes.length
    const gradients = backward(g, new Map([[y, seed]]), [x])
    const added = g.nodes.slice(before).flatMap((node) => node.inputs)
    expect(added).not.toContain(beyond)
    expect(added).not.toContain(aside)
    g.output(gradients.get(x) ?? x, 'dx')
    expect([...((await runGraph(g.finish(), feeds))['dx'] ?? [])]).toEqual([1, 10])
  })

  test('gradients of inputs that lead to no target are not in the finished graph', () => {
    const { g, x, w, seed } = tape()
    const gradients = backward(g, new Map([[op.mul(g, x, w), seed]]), [x])
    g.output(gradients.get(x) ?? x, 'dx')
    expect(g.finish().nodes.map((node) => node.op)).toEqual(['Mul'])
  })

  test('gradients of inputs that lead to no target are not added up', () => {
    const { g, x, w, seed } = tape()
    const y = op.sub(g, op.sub(g, x, w), w)
    const before = g.nodes.length
    backward(g, new Map([[y, seed]]), [x])
    expect(g.nodes.slice(before).map((node) => node.op)).not.toContain('Add')
  })

  test('a target without influence is an error that names it', () => {
    const { g, x, w, seed } = tape()
    const y = op.neg(g, x)
    op.neg(g, w)
    expect(() => backward(g, new Map([[y, seed]]), [x, w])).toThrow('"w" has no influence on the result.')
  })

  test('a target whose only path leads through an index or a frozen table is an error, too', () => {
    const g = new GraphBuilder('tables')
    const [x, cos, sin] = [
      g.input('x', 'float32', ['N', 4]),
      g.input('cos', 'float32', ['N', 2]),
      g.input('sin', 'float32', ['N', 2]),
    ]
    const y = op.rotaryEmbedding(g, x, cos, sin, 1)
    const seed = g.input('seed', 'float32', y.shape)
    expect(() => backward(g, new Map([[y, seed]]), [cos])).toThrow('"cos" has no influence on the result.')
  })

  test('parts of unknown size can not be told apart again', () => {
    const g = new GraphBuilder('parts')
    const [a, b] = [g.input('a', 'float32', ['C', 2]), g.input('b', 'float32', ['T', 2])]
    const y = op.concat(g, [a, b], 0)
    const seed = g.input('seed', 'float32', y.shape)
    expect(() => backward(g, new Map([[y, seed]]), [a])).toThrow(
      'Concat "Concat" joins parts of unknown size.',
    )
  })
})

describe('sums', () => {
  test('a value used twice has the sum of its gradients', async () => {
    const { g, x, w, seed } = tape()
    // y = x·w + x: dx = (w + 1)·seed
    const y = op.add(g, op.mul(g, x, w), x)
    expect(await gradientsOf(g, new Map([[y, seed]]), [x, w])).toEqual({ dx: [1.5, 50], dw: [3, -20] })
  })

  test('paths that part and meet again are walked once', async () => {
    const { g, x, seed } = tape()
    // y = (x²)²: dx = 4x³·seed
    const square = op.mul(g, x, x)
    const y = op.mul(g, square, square)
    const before = g.nodes.length
    const gradients = backward(g, new Map([[y, seed]]), [x])
    // Each Mul: two products and their sum.
    expect(g.nodes.length - before).toBe(6)
    g.output(gradients.get(x) ?? x, 'dx')
    expect([...((await runGraph(g.finish(), feeds))['dx'] ?? [])]).toEqual([108, -320])
  })

  test('several seeds add up, also where one depends on the other', async () => {
    const { g, x, w, seed } = tape()
    const first = op.mul(g, x, w)
    const second = op.neg(g, first)
    const seeds = new Map([
      [first, seed],
      [second, op.mul(g, seed, g.float32(3))],
    ])
    // (1 − 3)·w·seed
    expect(await gradientsOf(g, seeds, [x])).toEqual({ dx: [-1, -80] })
  })

  test('a target inside has its own gradient, and hides none from what lies below', async () => {
    const { g, x, w, seed } = tape()
    const inner = op.mul(g, x, w)
    const y = op.mul(g, inner, inner)
    // d inner = 2·inner·seed; dx = that · w
    expect(await gradientsOf(g, new Map([[y, seed]]), [inner, x])).toEqual({
      dMul: [3, -160],
      dx: [1.5, -640],
    })
  })

  test('a target that is a seed has the seed as its gradient', () => {
    const { g, x, seed } = tape()
    expect(backward(g, new Map([[x, seed]]), [x]).get(x)).toBe(seed)
  })
})

test('a seed of another shape than its value is refused', () => {
  const { g, x } = tape()
  const y = op.neg(g, x)
  const seed = g.input('wide', 'float32', [3, 2])
  expect(() => backward(g, new Map([[y, seed]]), [x])).toThrow(
    'The gradient given for "Neg" has the shape [3, 2], not [2].',
  )
})
