/**
 * The core's `Runtime` over the native addon: the ONNX Runtime library that onnxruntime-node brings along, without
 * its copies, with mapped weights and with `BlockLinear`.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { textOf } from '../contract/failure.ts'
import { type Sentence, sentence } from '../contract/sentence.ts'
import type { Graph } from '../core/graph/graph.ts'
import { encodeOnnx } from '../core/graph/onnx-file.ts'
import { kernelOperators } from '../core/graph/operators.ts'
import type {
  BlockArithmetic,
  MappedFile,
  Runtime,
  Session,
  Tensor,
  TensorData,
} from '../core/graph/runtime.ts'
import { libraryFolder } from './library-folder.ts'
import { findAddon } from './native-addon.ts'
import { feedOf, graphFailed, graphNotLoaded } from './session-calls.ts'

export interface NativeRuntimeOptions {
  /** Threads of one operator; null lets ONNX Runtime choose (one a physical core). */
  readonly threads: number | null
  /** Null: block weights are multiplied as ONNX Runtime itself does. */
  readonly blockArithmetic: BlockArithmetic | null
}

/** What `native/src/runtime` exports. */
interface Addon {
  readonly NativeSession: new (graph: Uint8Array, options: SessionOptions) => NativeSession
  readonly RunStop: new () => RunStop
  readonly MappedFile: new (path: string) => {
    tensor(dtype: 'float32' | 'uint8', shape: readonly number[], offset: number): NativeTensor
    forget(): void
  }
  hasKernels(): boolean
  /** The names of its operators; absent in those that were built before there was a list. */
  operators?(): readonly string[]
}

interface SessionOptions {
  readonly library: string
  readonly threads?: number
  readonly weightsDirectory?: string
}

interface NativeSession {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  run(
    values: readonly (TensorData | NativeTensor)[],
    shapes: readonly (readonly number[])[],
    stop?: RunStop,
  ): Promise<NativeTensor[]>
  close(): void
}

interface RunStop {
  stop(): void
}

interface NativeTensor {
  readonly shape: number[]
  readonly dtype: keyof typeof arrays
  read(out: TensorData): void
  release(): void
}

const arrays = {
  float32: Float32Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
} as const

/** The runtime, or in a sentence why there is none here. */
export function nativeRuntime(
  options: NativeRuntimeOptions,
): { readonly runtime: Runtime } | { readonly runtime: null; readonly reason: Sentence } {
  try {
    const path = findAddon()
    if (path === null) return { runtime: null, reason: sentence`The native runtime is not built.` }
    const addon: unknown = createRequire(import.meta.url)(path)
    if (!isAddon(addon))
      return { runtime: null, reason: sentence`${path} has no runtime for this processor.` }
    if (options.blockArithmetic !== null && !addon.hasKernels())
      return { runtime: null, reason: sentence`This processor lacks the AVX-512 VNNI that the kernels need.` }
    const operators = addon.operators?.() ?? []
    const lacking = kernelOperators.find((name) => !operators.includes(name))
    if (options.blockArithmetic !== null && lacking !== undefined)
      return {
        runtime: null,
        reason: sentence`${path} was built before there was the operator ${lacking}. Build it again.`,
      }
    return { runtime: runtimeOver(addon, options, libraryPath()) }
  } catch (error) {
    return { runtime: null, reason: sentence`The native runtime does not load: ${textOf(error)}` }
  }
}

function runtimeOver(addon: Addon, options: NativeRuntimeOptions, library: string): Runtime {
  return {
    blockArithmetic: options.blockArithmetic,
    mapFile: (path) => mappedFile(new addon.MappedFile(path)),
    halves: false,
    deviceMemory: null,
    async open(graph, { weightsDirectory } = {}) {
      try {
        const session = new addon.NativeSession(encodeOnnx(graph), {
          library,
          ...(options.threads === null ? {} : { threads: options.threads }),
          ...(weightsDirectory === undefined ? {} : { weightsDirectory }),
        })
        return sessionOver(graph, session, addon)
      } catch (error) {
        throw graphNotLoaded(graph, error)
      }
    },
  }
}

function mappedFile(file: InstanceType<Addon['MappedFile']>): MappedFile {
  return {
    tensor: (dtype, shape, offset) => new OutsideTensor(file.tensor(dtype, shape, offset)),
    forget: () => file.forget(),
  }
}

function sessionOver(graph: Graph, session: NativeSession, { RunStop }: Addon): Session {
  const { inputs, outputs } = session
  return {
    async run(feeds, signal) {
      const stop = signal === undefined ? undefined : new RunStop()
      const onAbort = (): void => stop?.stop()
      try {
        signal?.throwIfAborted()
        signal?.addEventListener('abort', onAbort)
        const tensors = inputs.map((name) => feedOf(feeds, name))
        const results = await session.run(
          tensors.map((tensor) => (tensor instanceof OutsideTensor ? tensor.input : tensor.data)),
          tensors.map(({ shape }) => shape),
          stop,
        )
        return Object.fromEntries(results.map((result, at) => [outputs[at] ?? '', new OutsideTensor(result)]))
      } catch (error) {
        signal?.throwIfAborted()
        throw graphFailed(graph, error)
      } finally {
        signal?.removeEventListener('abort', onAbort)
      }
    },
    close: async () => session.close(),
  }
}

/**
 * A tensor outside JavaScript's memory until somebody asks for its numbers: then they are copied, and only the copy
 * stays.
 */
class OutsideTensor implements Tensor {
  readonly #native: NativeTensor
  readonly shape: readonly number[]
  #data: TensorData | null = null

  constructor(native: NativeTensor) {
    this.#native = native
    this.shape = native.shape
  }

  get data(): TensorData {
    if (this.#data === null) {
      this.#data = new arrays[this.#native.dtype](this.shape.reduce((a, b) => a * b, 1))
      this.#native.read(this.#data)
      this.#native.release()
    }
    return this.#data
  }

  /** As a session takes it, wherever it is. */
  get input(): TensorData | NativeTensor {
    return this.#data ?? this.#native
  }

  release(): void {
    this.#data = null
    this.#native.release()
  }
}

/** The library that lies beside onnxruntime-node's own binding: two copies in a process would not share anything. */
function libraryPath(): string {
  const name = { win32: 'onnxruntime.dll', darwin: 'libonnxruntime.1.dylib' }[process.platform as string]
  return join(libraryFolder(), name ?? 'libonnxruntime.so.1')
}

function isAddon(value: unknown): value is Addon {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['NativeSession', 'RunStop', 'MappedFile', 'hasKernels'].every(
      (name) => typeof Reflect.get(value, name) === 'function',
    )
  )
}
