import type { GraphBuilder } from './builder.ts'
import { formatShape, graphFailure, type Node, sameShape, type Value } from './graph.ts'
import { gradientRules } from './gradients.ts'
import * as op from './operators.ts'

/**
 * Reverse-mode differentiation: appends to the tape the gradients of a scalar with respect to `targets`, given
 * its gradients with respect to `seeds` (value → gradient, same shape).
 *
 * Only nodes on a path from a target to a seed are walked. An operator on the path without a rule is an error
 * that names it; so is a target without a path to any seed, and a seed of another shape than its value.
 */
export function backward(
  g: GraphBuilder,
  seeds: ReadonlyMap<Value, Value>,
  targets: readonly Value[],
): ReadonlyMap<Value, Value> {
  for (const [value, seed] of seeds) {
    if (!sameShape(value.shape, seed.shape)) {
      const shapes = `${formatShape(seed.shape)}, not ${formatShape(value.shape)}`
      throw graphFailure(`The gradient given for "${value.name}" has the shape ${shapes}.`)
    }
  }
  const below = nodesBelow(g.nodes, targets)
  const gradients = new Map<Value, Value>(seeds)
  const dependent = new Set<Value>([...targets, ...below.map((node) => node.output)])
  for (const node of below.toReversed()) {
    const gradient = gradients.get(node.output)
    // No seed depends on it.
    if (gradient === undefined) continue
    const rule = gradientRules[node.op]
    if (rule === undefined)
      throw graphFailure(`There is no gradient rule for ${node.op} ("${node.output.name}").`)
    rule(g, node, gradient).forEach((contribution, index) => {
      const input = node.inputs[index]
      if (contribution === null || input === undefined || !dependent.has(input)) return
      const known = gradients.get(input)
      gradients.set(input, known === undefined ? contribution : op.add(g, known, contribution))
    })
  }
  return new Map(
    targets.map((target) => {
      const gradient = gradients.get(target)
      if (gradient === undefined) throw graphFailure(`"${target.name}" has no influence on the result.`)
      return [target, gradient]
    }),
  )
}

/** The nodes that depend on a target, in the tape's order. */
function nodesBelow(nodes: readonly Node[], targets: readonly Value[]): readonly Node[] {
  const dependent = new Set<Value>(targets)
  return nodes.filter((node) => {
    const depends = node.inputs.some((value) => dependent.has(value))
    if (depends) dependent.add(node.output)
    return depends
  })
}
