/** What numbers pass through besides matrices and norms. */
import type { GraphBuilder } from '../graph/builder.ts'
import type { Value } from '../graph/graph.ts'
import * as op from '../graph/operators.ts'

export type Activation = 'silu' | 'gelu-tanh'

/** `activation(gate) ⊙ up` */
export const gates: Readonly<Record<Activation, (g: GraphBuilder, gate: Value, up: Value) => Value>> = {
  silu: op.swiGlu,
  'gelu-tanh': (g, gate, up) => op.mul(g, geluTanh(g, gate), up),
}

/** `x/2 · (1 + tanh u)` with `u = √(2/π) · (x + 0.044715 x³)`, which is `x · σ(2u)` (Hendrycks and Gimpel, arXiv 1606.08415). */
export function geluTanh(g: GraphBuilder, x: Value): Value {
  const factor = 2 * Math.sqrt(2 / Math.PI)
  const cubic = op.add(g, op.mul(g, op.mul(g, x, x), g.float32(0.044715 * factor)), g.float32(factor))
  return op.mul(g, x, op.sigmoid(g, op.mul(g, x, cubic)))
}

/** `cap · tanh(x / cap)`: nearly x where that is small, never beyond the cap. */
export function softCap(g: GraphBuilder, x: Value, cap: number): Value {
  return op.mul(g, op.tanh(g, op.mul(g, x, g.float32(1 / cap))), g.float32(cap))
}
