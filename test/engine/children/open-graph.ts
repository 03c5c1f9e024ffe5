/** Runs a graph of one operator, of a tensor to one of the same shape, on a device; prints why that failed, or nothing. */
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import { exp } from '../../../src-main/core/graph/operators.ts'
import { onnxRuntime } from '../../../src-main/engine/onnx-runtime.ts'

const [device, operator = ''] = process.argv.slice(2)
if (device !== 'cpu' && device !== 'webgpu') throw new Error(`There is no device ${device} here.`)

const g = new GraphBuilder('one_operator')
g.output(exp(g, g.input('x', 'float32', [2, 3])), 'y')
const graph = g.finish()
// The builder knows only the operators that the app uses.
const nodes = graph.nodes.map((node) => (node.op === 'Exp' ? { ...node, op: operator } : node))
try {
  const session = await onnxRuntime({ threads: 1, device }).open({ ...graph, nodes })
  await session.run({ x: { data: new Float32Array(6), shape: [2, 3] } })
  await session.close()
} catch (error) {
  console.log(String(error))
}
