/** What the core asks of whatever runs its graphs; the engine implements it over ONNX Runtime. */
import type { Graph } from './graph.ts'

export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array

/** A dense row-major tensor. The element type follows from the array: int64 is BigInt64Array. */
export interface Tensor {
  /**
   * A result may stay where the runtime made it until this is first asked for: one only fed back is never copied.
   * What lies in a device's memory can't be asked for: see `DeviceMemory.take`.
   */
  readonly data: TensorData
  readonly shape: readonly number[]
  /** Of what lies in a device's memory and is in 16 bits. */
  readonly dtype?: 'float16' | undefined
  /** Gives the memory of a result back at once; it can't be read or fed any more. */
  release?(): void
}

/** Tensors by the names of a graph's inputs. */
export type Feeds = Readonly<Record<string, Tensor>>

/** Tensors by the names of a graph's outputs. */
export type Results = Readonly<Record<string, Tensor>>

/** What is used of an AbortSignal: the core sees neither the DOM's types nor Node's. */
export interface StopSignal {
  readonly aborted: boolean
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

export interface Session {
  /**
   * Runs the graph; feeds are only read, results are fresh. A missing or misshapen feed is an error; one that
   * the graph doesn't take is left out, so that graphs which need less can be fed alike. Until the promise settles
   * the feeds must not change: the work may be done on another thread.
   *
   * @param signal ends the run early where the runtime can; a run that was aborted rejects with the signal's reason
   */
  run(feeds: Feeds, signal?: StopSignal): Promise<Results>
  close(): Promise<void>
}

/**
 * How products with block weights are computed. `int8`: activations are rounded to 8 bits a block of 32, and so are
 * the weights of a transposed matrix. `int16`: what the rounding left is rounded once more, which holds activations to
 * about 15 bits; transposed products, which only gradients need, stay as with `int8`. `float32`: nothing is rounded.
 */
export type BlockArithmetic = 'int8' | 'int16' | 'float32'

export interface Runtime {
  /** How graphs should multiply with block weights by `BlockLinear`; null where the runtime hasn't the operator. */
  readonly blockArithmetic: BlockArithmetic | null
  /** Tensors of a file that are read where they lie; null where the runtime takes only arrays. */
  readonly mapFile: ((path: string) => MappedFile) | null
  /** Whether graphs compute in 16 bits what can be: see `halfRuntime`. */
  readonly halves: boolean
  /** Null where graphs read and write JavaScript's memory, or the runtime copies all from and to it. */
  readonly deviceMemory: DeviceMemory | null
  open(graph: Graph, options?: OpenOptions): Promise<Session>
}

export interface OpenOptions {
  /** The folder of the files that external initializers are in. */
  readonly weightsDirectory?: string
  /** The outputs that stay in the device's memory, where there is one. */
  readonly staying?: readonly string[]
  /** Whether a runtime that computes in 16 bits what can be leaves that for this graph. */
  readonly exact?: boolean
}

/** How numbers are held on a device: `half` is in 16 bits where graphs compute in those, but for vectors. */
export type Precision = 'half' | 'full'

/** Memory of a device, as a GPU's. Tensors in it are fed as any others, and have to be released. */
export interface DeviceMemory {
  /** What frozen weights may take of it; those beyond are fed anew to each run. */
  readonly weightBytes: number
  /** A copy of float32 numbers in the device's memory. */
  put(tensor: Tensor, precision: Precision): Promise<Tensor>
  /** A copy in JavaScript's memory of a float32 tensor that stayed. */
  take(tensor: Tensor): Promise<Tensor>
}

export interface MappedFile {
  /** The tensor that begins at byte `offset`. */
  tensor(dtype: 'float32' | 'uint8', shape: readonly number[], offset: number): Tensor
  /** Takes what was read of the file out of memory; tensors stay, and are read again when they are used. */
  forget(): void
}

/** The float32 elements of a result, wherever it is. */
export async function takeFloat32(
  runtime: Runtime,
  tensor: Tensor | undefined,
  name: string,
): Promise<Float32Array> {
  const { deviceMemory } = runtime
  const taken = deviceMemory === null || tensor === undefined ? tensor : await deviceMemory.take(tensor)
  return float32Data(taken, name)
}

/** The float32 elements of a result. */
export function float32Data(tensor: Tensor | undefined, name: string): Float32Array {
  const data = tensor?.data
  if (data instanceof Float32Array) return data
  throw new TypeError(`The graph has no float32 result "${name}".`)
}
