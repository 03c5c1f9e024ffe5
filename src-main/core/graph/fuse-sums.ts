import { type Attribute, type Graph, type Node, sameShape, type Value } from './graph.ts'
import { verandaKernels } from './operators.ts'

/** How an operator takes what is to be added to its result; null where it can't. */
type AddTo = (node: Node, base: Value) => Pick<Node, 'inputs' | 'attributes'> | null

const yes: Attribute = { kind: 'int', value: 1 }

/** Those to which adding costs less come first. */
const products: Readonly<Record<string, AddTo>> = {
  RmsNormGradient: addBase,
  BlockLinear: addBase,
  ProjectTransposed: addBase,
  Gemm: ({ inputs, attributes }, base) =>
    inputs.length === 2 ? { inputs: [...inputs, base], attributes } : null,
}

/** Of the native runtime's operators: their last input, announced by an attribute. */
function addBase({ domain, inputs, attributes }: Node, base: Value): ReturnType<AddTo> {
  const { base: has } = attributes
  const isFree = domain === verandaKernels && has?.kind === 'int' && has.value === 0
  return isFree ? { inputs: [...inputs, base], attributes: { ...attributes, base: yes } } : null
}

/** A graph whose products take the sums that they go into: a sum of its own reads and writes all numbers again. */
export function fuseSums(graph: Graph): Graph {
  const uses = new Map<Value, number>()
  for (const value of [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs]) {
    uses.set(value, (uses.get(value) ?? 0) + 1)
  }
  const made = new Map<Value, Node>()
  for (const node of graph.nodes) {
    const fused = node.op === 'Add' ? fuse(node, made, uses) : null
    if (fused !== null) made.delete(fused.product)
    made.set(node.output, fused?.node ?? node)
  }
  return { ...graph, nodes: [...made.values()] }
}

function fuse({ inputs, output }: Node, made: ReadonlyMap<Value, Node>, uses: ReadonlyMap<Value, number>) {
  for (const [op, addTo] of Object.entries(products)) {
    for (const [product, base] of [inputs, inputs.toReversed()]) {
      if (product === undefined || base === undefined || uses.get(product) !== 1) continue
      const node = made.get(product)
      if (node?.op !== op || !sameShape(product.shape, base.shape)) continue
      const added = addTo(node, base)
      if (added !== null) return { product, node: { ...node, ...added, output } }
    }
  }
  return null
}
