/** What the core asks of whatever runs its graphs; the engine implements it over ONNX Runtime. */
import type { Graph } from './graph.ts'

export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array

/** A dense row-major tensor. The element type follows from the array: int64 is BigInt64Array. */
export interface Tensor {
  readonly data: TensorData
  readonly shape: readonly number[]
}

/** Tensors by the names of a graph's inputs. */
export type Feeds = Readonly<Record<string, Tensor>>

export interface Session {
  /**
   * Runs the graph; feeds are only read, results are fresh. A missing or misshapen feed is an error; one that
   * the graph doesn't take is left out, so that graphs which need less can be fed alike.
   */
  run(feeds: Feeds): Promise<Readonly<Record<string, Tensor>>>
  close(): Promise<void>
}

export interface Runtime {
  /** External initializers are files of `weightsDirectory`. */
  open(graph: Graph, options?: { readonly weightsDirectory?: string }): Promise<Session>
}

/** The float32 elements of a result. */
export function float32Data(tensor: Tensor | undefined, name: string): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data
  throw new TypeError(`The graph has no float32 result "${name}".`)
}
