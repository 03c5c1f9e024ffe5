/** ONNX Runtime as the core's `Runtime`: the only file that imports onnxruntime-node. */
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import type { Graph } from '../core/graph/graph.ts'
import { encodeOnnx } from '../core/graph/onnx-file.ts'
import type { Runtime, Session, Tensor, TensorData } from '../core/graph/runtime.ts'
import { feedOf, graphFailed, graphNotLoaded } from './session-calls.ts'

export interface OnnxRuntimeOptions {
  /** Threads of one operator; null lets ONNX Runtime choose (one a physical core). */
  readonly threads: number | null
}

export function onnxRuntime(options: OnnxRuntimeOptions): Runtime {
  return {
    blockArithmetic: null,
    mapFile: null,
    async open(graph, { weightsDirectory } = {}) {
      try {
        const session = await InferenceSession.create(encodeOnnx(graph), {
          executionProviders: ['cpu'],
          graphOptimizationLevel: 'all',
          // What fails is thrown; what ONNX Runtime would print is for its developers.
          logSeverityLevel: 4,
          // Batches differ in shape: a plan made for one wastes memory on the next.
          enableMemPattern: false,
          ...(options.threads === null ? {} : { intraOpNumThreads: options.threads }),
          extra: {
            session: {
              // Workers that wait by turning keep a small machine busy: stop after this, not after some milliseconds.
              intra_op: { spin_duration_us: '200' },
              ...(weightsDirectory === undefined
                ? {}
                : { model_external_initializers_file_folder_path: weightsDirectory }),
            },
          },
        })
        return onnxSession(graph, session)
      } catch (error) {
        throw graphNotLoaded(graph, error)
      }
    },
  }
}

function onnxSession(graph: Graph, session: InferenceSession): Session {
  return {
    async run(feeds) {
      try {
        const results = await session.run(
          Object.fromEntries(graph.inputs.map(({ name }) => [name, toOrt(feedOf(feeds, name))])),
        )
        return Object.fromEntries(
          Object.entries(results).map(([name, tensor]) => [name, fromOrt(name, tensor)]),
        )
      } catch (error) {
        throw graphFailed(graph, error)
      }
    },
    close: () => session.release(),
  }
}

function toOrt(tensor: Tensor): OrtTensor {
  const { data, shape } = tensor
  if (data instanceof Float32Array) return new OrtTensor('float32', data, shape)
  if (data instanceof Int32Array) return new OrtTensor('int32', data, shape)
  if (data instanceof BigInt64Array) return new OrtTensor('int64', data, shape)
  return new OrtTensor('uint8', data, shape)
}

function fromOrt(name: string, tensor: OrtTensor): Tensor {
  const data: unknown = tensor.data
  if (!isTensorData(data))
    throw new TypeError(`The result "${name}" has the unsupported type ${tensor.type}.`)
  return { data, shape: tensor.dims }
}

function isTensorData(data: unknown): data is TensorData {
  return (
    data instanceof Float32Array ||
    data instanceof Int32Array ||
    data instanceof BigInt64Array ||
    data instanceof Uint8Array
  )
}
