import { expect, test } from 'vitest'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import * as op from '../../../src-main/core/graph/operators.ts'
import { printGraph } from '../../../src-main/core/graph/print.ts'

test('a graph reads as text: a line an input, a weight, a node', () => {
  const g = new GraphBuilder('gate')
  const x = g.input('x', 'float32', ['N', 4])
  const scales = { kind: 'external', file: 'weights.bin', offset: 4096, length: 16 } as const
  const scale = g.initializer('norm.weight', 'float32', [4], scales)
  const gate = op.linear(g, op.rmsNorm(g, x, scale, 1e-5), 'layer.mlp.gate_proj', 4, 6)
  const activated = op.mul(g, gate, op.sigmoid(g, gate))
  g.output(op.transpose(g, op.reshape(g, activated, ['N', 2, 3]), [1, 0, 2]), 'y')
  expect(printGraph(g.finish())).toBe(
    `graph gate
  input  x: float32[N, 4]
  weight norm.weight: float32[4] (external)
  weight int64_-1_2_3: int64[3] (inline)
  SimplifiedLayerNormalization: float32[N, 4] = SimplifiedLayerNormalization(x, norm.weight, axis=-1, epsilon=0.00001, stash_type=1)
  Linear: float32[N, 6] = Linear(SimplifiedLayerNormalization, module=layer.mlp.gate_proj, inFeatures=4, outFeatures=6)
  Sigmoid: float32[N, 6] = Sigmoid(Linear)
  Mul: float32[N, 6] = Mul(Linear, Sigmoid)
  Reshape: float32[N, 2, 3] = Reshape(Mul, int64_-1_2_3)
  y: float32[2, N, 3] = Transpose(Reshape, perm=[1, 0, 2])
  output y
`,
  )
})
