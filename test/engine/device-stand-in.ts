import { halfRuntime } from '../../src-main/core/graph/half-runtime.ts'
import type { Graph, Node } from '../../src-main/core/graph/graph.ts'
import { GraphBuilder } from '../../src-main/core/graph/builder.ts'
import * as op from '../../src-main/core/graph/operators.ts'
import { rewriteOnto } from '../../src-main/core/graph/rewrite.ts'
import type { Feeds, Runtime, Tensor, TensorData } from '../../src-main/core/graph/runtime.ts'
import { onnxRuntime } from '../../src-main/engine/onnx-runtime.ts'

export const processor = onnxRuntime({ threads: 1 })

export interface DeviceOptions {
  readonly weightBytes: number
  /** What may stay there; more is refused as a device does. */
  readonly memoryBytes?: number
  /** Whether it computes in 16 bits, which are played by rounding: every float16 number is a float32 one of the same value. */
  readonly halves?: boolean
  /** Refuses to open or run by throwing. */
  readonly refuse?: (graph: Graph, feeds: Feeds | null) => void
}

/** The processor, with a part of its memory played by a device's: what stays there can't be read, and is counted. */
export function deviceStandIn({
  weightBytes,
  memoryBytes = Infinity,
  halves = false,
  refuse = () => {},
}: DeviceOptions) {
  const there = new Map<Tensor, Tensor>()
  /** Bytes that were put there, and that each run was fed with from here. */
  const crossed = { put: 0, fed: 0 }
  const opened: Graph[] = []
  /** Of what stays there; other programs may take of the limit at any time. */
  const memory = { limitBytes: memoryBytes, bytes: 0, peakBytes: 0 }

  const allocate = (bytes: number): void => {
    if (memory.bytes + bytes > memory.limitBytes)
      throw new Error('vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY')
    memory.bytes += bytes
    memory.peakBytes = Math.max(memory.peakBytes, memory.bytes)
  }
  const stay = (tensor: Tensor, isHalf: boolean): Tensor => {
    const stayed: Tensor = {
      get data(): TensorData {
        throw new Error('The tensor is on the device.')
      },
      shape: tensor.shape,
      ...(isHalf ? { dtype: 'float16' } : {}),
      release: () => {
        if (!there.delete(stayed)) throw new Error('It was released already.')
        memory.bytes -= tensor.data.byteLength
      },
    }
    there.set(stayed, tensor)
    return stayed
  }
  const local = (tensor: Tensor): Tensor => {
    const here = there.get(tensor)
    if (here === undefined) crossed.fed += tensor.data.byteLength
    return here ?? tensor
  }
  const runtime: Runtime = {
    ...processor,
    deviceMemory: {
      weightBytes,
      put: async ({ data, shape }, precision) => {
        crossed.put += data.byteLength
        const isHalf = halves && precision === 'half' && shape.length > 1
        if (!(data instanceof Float32Array)) throw new Error('Only float32 numbers are put there.')
        allocate(data.byteLength)
        return stay({ data: data.map(isHalf ? Math.f16round : (value) => value), shape }, isHalf)
      },
      take: async (tensor) => there.get(tensor) ?? tensor,
    },
    open: async (graph, { staying = [], ...options } = {}) => {
      refuse(graph, null)
      opened.push(graph)
      const session = await processor.open(rounding(graph), options)
      const taken = new Set(graph.inputs.map(({ name }) => name))
      return {
        run: async (feeds) => {
          refuse(graph, feeds)
          for (const { name, dtype } of graph.inputs) {
            const isHalf = feeds[name]?.dtype === 'float16'
            if (isHalf !== (dtype === 'float16')) throw new Error(`“${name}” is fed in another type.`)
          }
          const given: Feeds = Object.fromEntries(
            Object.entries(feeds).flatMap(([name, tensor]) =>
              taken.has(name) ? [[name, local(tensor)]] : [],
            ),
          )
          const results = await session.run(given)
          allocate(staying.reduce((bytes, name) => bytes + (results[name]?.data.byteLength ?? 0), 0))
          return Object.fromEntries(
            graph.outputs.flatMap(({ name, dtype }) => {
              const tensor = results[name]
              if (tensor === undefined) return []
              return [[name, staying.includes(name) ? stay(tensor, dtype === 'float16') : tensor]]
            }),
          )
        },
        close: () => session.close(),
      }
    },
  }
  return { runtime: halves ? halfRuntime(runtime) : runtime, there, crossed, memory, opened }
}

/** The same graph with float32 numbers that are rounded to those of 16 bits wherever they are float16. */
function rounding(graph: Graph): Graph {
  const g = new GraphBuilder(graph.name)
  const moved = rewriteOnto(
    g,
    graph,
    (_, node, inputs) => {
      const { op: name, domain, attributes, output } = node
      if (isBack(node)) return inputs[0] ?? null
      if (output.dtype !== 'float16') return null
      const [x] = inputs
      const typed = { domain, attributes, shape: output.shape, dtype: 'float32' } as const
      const value = name === 'Cast' && x !== undefined ? x : g.add(name, inputs, typed)
      return op.cast(g, op.cast(g, value, 'float16'), 'float32')
    },
    ({ dtype }) => (dtype === 'float16' ? 'float32' : dtype),
  )
  for (const output of graph.outputs) {
    const value = moved.get(output)
    if (value !== undefined) g.output(value, output.name)
  }
  return g.finish()
}

/** Of what is float32 already. */
function isBack({ op: name, inputs: [x], output }: Node): boolean {
  return name === 'Cast' && x?.dtype === 'float16' && output.dtype === 'float32'
}
