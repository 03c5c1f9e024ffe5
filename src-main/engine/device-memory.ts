import { GraphBuilder } from '../core/graph/builder.ts'
import type { Graph } from '../core/graph/graph.ts'
import type { DeviceMemory, Runtime, Session, Tensor } from '../core/graph/runtime.ts'

/**
 * A device's memory, reached by graphs that do nothing: onnxruntime-node makes tensors there only as results of a
 * run, and can't read them. `open` gives sessions whose `staying` results stay on the device.
 */
export function deviceMemory(open: Runtime['open'], weightBytes: number): DeviceMemory {
  const sessions = new Map<string, Promise<Session>>()
  const copy = async (tensor: Tensor, staying: readonly string[]): Promise<Tensor> => {
    const rank = tensor.shape.length
    const key = `${staying.length} ${rank}`
    const session = sessions.get(key) ?? open(identity(rank), { staying })
    sessions.set(key, session)
    const { y } = await (await session).run({ x: tensor })
    if (y === undefined) throw new TypeError('The copy is missing.')
    return y
  }
  return { weightBytes, put: (tensor) => copy(tensor, ['y']), take: (tensor) => copy(tensor, []) }
}

function identity(rank: number): Graph {
  const g = new GraphBuilder('copy')
  g.output(
    g.input(
      'x',
      'float32',
      Array.from({ length: rank }, (_, axis) => `size${axis}`),
    ),
    'y',
  )
  return g.finish()
}
