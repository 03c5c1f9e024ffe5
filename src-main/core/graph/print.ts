import { type Attribute, formatShape, type Graph, type Value } from './graph.ts'

/** A graph as text for people: one line an input, an initializer and a node. */
export function printGraph(graph: Graph): string {
  const typed = (value: Value) => `${value.name}: ${value.dtype}${formatShape(value.shape)}`
  const lines = [
    `graph ${graph.name}`,
    ...graph.inputs.map((value) => `  input  ${typed(value)}`),
    ...graph.initializers.map(({ value, data }) => `  weight ${typed(value)} (${data.kind})`),
    ...graph.nodes.map((node) => {
      const attributes = Object.entries(node.attributes).map(
        ([name, value]) => `${name}=${printAttribute(value)}`,
      )
      const call = [...node.inputs.map((value) => value.name), ...attributes].join(', ')
      return `  ${typed(node.output)} = ${node.op}(${call})`
    }),
    `  output ${graph.outputs.map((value) => value.name).join(', ')}`,
  ]
  return `${lines.join('\n')}\n`
}

function printAttribute(attribute: Attribute): string {
  return attribute.kind === 'ints' ? `[${attribute.value.join(', ')}]` : String(attribute.value)
}
