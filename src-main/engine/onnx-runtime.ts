/** ONNX Runtime as the core's `Runtime`: the only file that imports onnxruntime-node. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { env, InferenceSession, listSupportedBackends, Tensor as OrtTensor } from 'onnxruntime-node'
import type { Graph } from '../core/graph/graph.ts'
import { encodeOnnx } from '../core/graph/onnx-file.ts'
import { halfRuntime } from '../core/graph/half-runtime.ts'
import type { Runtime, Session, Tensor, TensorData } from '../core/graph/runtime.ts'
import type { Device } from './device-contract.ts'
import { deviceMemory } from './device-memory.ts'
import { libraryFolder } from './library-folder.ts'
import { feedOf, graphFailed, graphNotLoaded } from './session-calls.ts'

export interface OnnxRuntimeOptions {
  /** Threads of one operator on the processor; null lets ONNX Runtime choose (one a physical core). */
  readonly threads: number | null
  /** The processor if absent. */
  readonly device?: Device
  /** Of a device with memory of its own, as far as it is known. */
  readonly memoryBytes?: number | null
  /** Whether graphs compute in 16 bits what can be. */
  readonly halves?: boolean
}

/** Frozen weights may take half of a device's memory, and this much where nobody knows how large it is. */
const unknownWeightBytes = 2 ** 30

export function onnxRuntime({
  threads,
  device = 'cpu',
  memoryBytes = null,
  halves = false,
}: OnnxRuntimeOptions): Runtime {
  const weightBytes = memoryBytes === null ? unknownWeightBytes : memoryBytes / 2
  const open: Runtime['open'] = async (graph, { weightsDirectory, staying = [] } = {}) => {
    try {
      const stays = hasMemory(device) ? staying : []
      const session = await InferenceSession.create(encodeOnnx(graph), {
        executionProviders: [device],
        graphOptimizationLevel: 'all',
        // What fails is thrown; what ONNX Runtime would print is for its developers.
        logSeverityLevel: 4,
        // Batches differ in shape: a plan made for one wastes memory on the next.
        enableMemPattern: false,
        preferredOutputLocation: Object.fromEntries(
          graph.outputs.map(({ name }) => [name, stays.includes(name) ? 'gpu-buffer' : 'cpu']),
        ),
        ...(threads === null ? {} : { intraOpNumThreads: threads }),
        extra: {
          session: {
            // Workers that wait by turning keep a small machine busy: stop after this, not after some milliseconds.
            intra_op: { spin_duration_us: '200' },
            // A graph with an operator that the device lacks is refused, not run half here and half there.
            ...(device === 'webgpu' ? { disable_cpu_ep_fallback: '1' } : {}),
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
  }
  const runtime: Runtime = {
    blockArithmetic: null,
    mapFile: null,
    halves: false,
    deviceMemory: hasMemory(device) ? deviceMemory(open, weightBytes, halves) : null,
    open,
  }
  return halves ? halfRuntime(runtime) : runtime
}

/** Whether results can stay on the device: onnxruntime-node knows tensors of WebGPU only. */
function hasMemory(device: Device): boolean {
  return device === 'webgpu'
}

/** The version of ONNX Runtime. */
export const libraryVersion = env.versions.node ?? ''

/** The devices whose provider lies beside onnxruntime-node's library. */
export function availableDevices(): readonly Device[] {
  const bundled = new Set(listSupportedBackends().flatMap(({ name, bundled }) => (bundled ? [name] : [])))
  const cuda =
    process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so'
  return (['cpu', 'webgpu', 'dml', 'coreml', 'cuda'] as const).filter(
    (device) => bundled.has(device) || (device === 'cuda' && existsSync(join(libraryFolder(), cuda))),
  )
}

function onnxSession(graph: Graph, session: InferenceSession): Session {
  return {
    async run(feeds, signal) {
      signal?.throwIfAborted()
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

/** A result that stayed in the device's memory. */
class StayedTensor implements Tensor {
  readonly ort: OrtTensor

  constructor(ort: OrtTensor) {
    this.ort = ort
  }

  get shape(): readonly number[] {
    return this.ort.dims
  }

  get dtype(): 'float16' | undefined {
    return this.ort.type === 'float16' ? 'float16' : undefined
  }

  get data(): TensorData {
    throw new TypeError('The tensor lies in the memory of the device.')
  }

  release(): void {
    this.ort.dispose()
  }
}

function toOrt(tensor: Tensor): OrtTensor {
  if (tensor instanceof StayedTensor) return tensor.ort
  const { data, shape } = tensor
  if (data instanceof Float32Array) return new OrtTensor('float32', data, shape)
  if (data instanceof Int32Array) return new OrtTensor('int32', data, shape)
  if (data instanceof BigInt64Array) return new OrtTensor('int64', data, shape)
  return new OrtTensor('uint8', data, shape)
}

function fromOrt(name: string, tensor: OrtTensor): Tensor {
  if (tensor.location === 'gpu-buffer') return new StayedTensor(tensor)
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
