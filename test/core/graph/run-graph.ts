/** Graphs of the tests, run for real on ONNX Runtime. */
import type { Graph } from '../../../src-main/core/graph/graph.ts'
import { type Feeds, float32Data, type Session, type Tensor } from '../../../src-main/core/graph/runtime.ts'
import { onnxRuntime } from '../../../src-main/engine/onnx-runtime.ts'

/** One thread: the same sums in the same order, whatever machine it is. */
export const runtime = onnxRuntime({ threads: 1 })

/** Opens the graph, lets `use` run it, and closes it. */
export async function withSession<T>(graph: Graph, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await runtime.open(graph)
  try {
    return await use(session)
  } finally {
    await session.close()
  }
}

/** The float32 results of one run by name. */
export async function runGraph(graph: Graph, feeds: Feeds): Promise<Readonly<Record<string, Float32Array>>> {
  const results = await withSession(graph, (session) => session.run(feeds))
  return Object.fromEntries(graph.outputs.map(({ name }) => [name, float32Data(results[name], name)]))
}

export const tensor = (shape: readonly number[], values: ArrayLike<number>): Tensor => ({
  data: Float32Array.from(values),
  shape,
})
