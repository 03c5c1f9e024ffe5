import { GraphBuilder } from './builder.ts'
import { type DType, type Graph, graphFailure, type Node, type Value } from './graph.ts'

/** What a node becomes: a value of the new graph, or null to keep the node as it is. */
export type Replacement = (g: GraphBuilder, node: Node, inputs: readonly Value[]) => Value | null

/**
 * A new graph in which every node is kept or replaced; inputs, initializers and output names stay. It is made on
 * the tape `g` if given, which may hold what the replacements need.
 */
export function rewrite(graph: Graph, replace: Replacement, g = new GraphBuilder(graph.name)): Graph {
  const moved = rewriteOnto(g, graph, replace)
  for (const value of graph.outputs) g.output(at(moved, value), value.name)
  return g.finish()
}

/**
 * A graph that is given some of its values instead of computing them: value name → name of the input that takes
 * its place. What only those values needed is gone.
 */
export function cut(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  return rewrite(graph, (g, { output }) => {
    const name = names.get(output.name)
    return name === undefined ? null : g.input(name, output.dtype, output.shape)
  })
}

/**
 * Appends a graph to a tape, node by node kept or replaced, and returns where its values went. Its inputs and
 * initializers become those of the tape; its outputs don't, so that the tape can go on from them. Inputs can get
 * another type.
 */
export function rewriteOnto(
  g: GraphBuilder,
  graph: Graph,
  replace: Replacement,
  inputType: (input: Value) => DType = ({ dtype }) => dtype,
): ReadonlyMap<Value, Value> {
  const moved = new Map<Value, Value>()
  for (const value of graph.inputs) moved.set(value, g.input(value.name, inputType(value), value.shape))
  for (const { value, data } of graph.initializers) {
    const { name, dtype, shape } = value
    const inline = data.kind === 'inline'
    moved.set(
      value,
      inline ? g.constant(name, dtype, shape, data.bytes) : g.initializer(name, dtype, shape, data),
    )
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => at(moved, value))
    const { domain, attributes } = node
    const { shape, dtype } = node.output
    const [first] = inputs
    const isName = node.op === 'Identity' && first !== undefined
    moved.set(
      node.output,
      isName
        ? first
        : (replace(g, node, inputs) ?? g.add(node.op, inputs, { domain, attributes, shape, dtype })),
    )
  }
  return moved
}

function at(moved: ReadonlyMap<Value, Value>, value: Value): Value {
  const found = moved.get(value)
  if (found === undefined) throw graphFailure(`The graph uses "${value.name}" before it is made.`)
  return found
}
