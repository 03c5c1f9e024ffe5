import { GraphBuilder } from '../core/graph/builder.ts'
import type { DType, Graph } from '../core/graph/graph.ts'
import * as op from '../core/graph/operators.ts'
import type { DeviceMemory, Runtime, Tensor } from '../core/graph/runtime.ts'
import { SessionCache } from '../core/graph/session-cache.ts'

/**
 * A device's memory, reached by graphs that do nothing: onnxruntime-node makes tensors there only as results of a
 * run, and can't read them. `open` gives sessions whose `staying` results stay on the device.
 *
 * @param halves whether graphs compute in 16 bits
 */
export function deviceMemory(open: Runtime['open'], weightBytes: number, halves: boolean): DeviceMemory {
  const sessions = new SessionCache({ open })
  const copy = async (tensor: Tensor, to: DType, staying: readonly string[]): Promise<Tensor> => {
    const { dtype = 'float32', shape } = tensor
    const key = `${staying.length} ${dtype} ${to} ${shape.length}`
    const session = await sessions.open(
      key,
      () => copyGraph(shape.length, dtype, to),
      () => ({ staying }),
    )
    const { y } = await session.run({ x: tensor })
    if (y === undefined) throw new TypeError('The copy is missing.')
    return y
  }
  return {
    weightBytes,
    put(tensor, precision) {
      const isHalved = halves && precision === 'half' && tensor.shape.length > 1
      return copy(tensor, isHalved ? 'float16' : 'float32', ['y'])
    },
    take: (tensor) => copy(tensor, 'float32', []),
  }
}

function copyGraph(rank: number, from: DType, to: DType): Graph {
  const g = new GraphBuilder('copy')
  const shape = Array.from({ length: rank }, (_, axis) => `size${axis}`)
  const x = g.input('x', from, shape)
  g.output(from === to ? x : op.cast(g, x, to), 'y')
  return g.finish()
}
